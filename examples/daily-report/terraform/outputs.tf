output "function_names" {
  description = "The functions of the environment, by their short names."
  value       = { for key, function in aws_lambda_function.function : key => function.function_name }
}
