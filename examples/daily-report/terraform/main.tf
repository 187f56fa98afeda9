# The functions and what they are reached by. Which version an alias points to, and which image a function holds, is
# decided by deployments and not by Terraform: both are ignored after creation.

locals {
  prefix = "dr-daily-report"

  functions = {
    telegram-api     = "src.api.handler.handler"
    report-worker    = "src.report_worker_handler.handler"
    ticker-scheduler = "src.scheduler.handler.handler"
    fund-data-sync   = "fund_data_sync.handler.handler"
  }

  # Base names: a function adds `-candidate` or `candidate/` when it is not invoked through `live`.
  variables = {
    ENV_NAME          = var.environment
    WATCHLIST_TABLE   = "${local.prefix}-watchlist-${var.environment}"
    FUND_TABLE        = "${local.prefix}-fund-data-${var.environment}"
    REPORT_QUEUE_NAME = "${local.prefix}-report-jobs-${var.environment}"
    PDF_BUCKET_NAME   = "${local.prefix}-pdf-${var.environment}"
    FUND_BUCKET_NAME  = "${local.prefix}-fund-data-${var.environment}"
    SEAL_SECRET_NAME  = "${local.prefix}-seal-${var.environment}"
  }
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = "${local.prefix}-${each.key}-${var.environment}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  for_each = local.functions

  role       = aws_iam_role.function[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

# Its value is set and rotated outside of Terraform, whose state would hold it in clear text.
resource "aws_secretsmanager_secret" "seal" {
  name = local.variables.SEAL_SECRET_NAME
}

data "aws_iam_policy_document" "seal" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.seal.arn]
  }
}

resource "aws_iam_role_policy" "seal" {
  name   = "read-the-seal"
  role   = aws_iam_role.function["report-worker"].name
  policy = data.aws_iam_policy_document.seal.json
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.prefix}-${each.key}-${var.environment}"
  retention_in_days = 30
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = local.functions

  alarm_name          = "${local.prefix}-${each.key}-${var.environment}-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = "${local.prefix}-${each.key}-${var.environment}" }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
}

resource "aws_lambda_function" "function" {
  for_each = local.functions

  function_name = "${local.prefix}-${each.key}-${var.environment}"
  role          = aws_iam_role.function[each.key].arn
  package_type  = "Image"
  image_uri     = var.placeholder_image_uri
  memory_size   = 512
  timeout       = 30
  publish       = true

  image_config {
    command = [each.value]
  }

  environment {
    variables = local.variables
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_cloudwatch_log_group.function]

  lifecycle {
    ignore_changes = [image_uri]
  }
}

resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  description      = "What users reach."
  function_name    = aws_lambda_function.function[each.key].function_name
  function_version = aws_lambda_function.function[each.key].version

  lifecycle {
    ignore_changes = [description, function_version, routing_config]
  }
}

resource "aws_lambda_alias" "candidate" {
  for_each = local.functions

  name             = "candidate"
  description      = "What is being tested."
  function_name    = aws_lambda_function.function[each.key].function_name
  function_version = aws_lambda_function.function[each.key].version

  lifecycle {
    ignore_changes = [description, function_version]
  }
}
