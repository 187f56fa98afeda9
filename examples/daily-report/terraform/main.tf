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
    REPORT_QUEUE_NAME = "${local.prefix}-report-jobs-${var.environment}"
    PDF_BUCKET_NAME   = "${local.prefix}-pdf-${var.environment}"
    FUND_BUCKET_NAME  = "${local.prefix}-fund-data-${var.environment}"
    SEAL_SECRET_NAME  = "${local.prefix}-seal-${var.environment}"
  }

  database_functions = toset(["telegram-api", "report-worker", "fund-data-sync"])

  # The password goes by reference, which the function resolves when it starts.
  aurora = {
    AURORA_HOST     = data.aws_rds_cluster.aurora.endpoint
    AURORA_PORT     = tostring(data.aws_rds_cluster.aurora.port)
    AURORA_DATABASE = data.aws_rds_cluster.aurora.database_name
    AURORA_USER     = var.database_user
    AURORA_PASSWORD = "{{resolve:secretsmanager:${data.aws_secretsmanager_secret.aurora.name}:SecretString:password}}"
  }
}

# The cluster and its secret are the platform's.
data "aws_rds_cluster" "aurora" {
  cluster_identifier = "${local.prefix}-aurora-${var.environment}"
}

data "aws_secretsmanager_secret" "aurora" {
  name = "${local.prefix}-aurora-${var.environment}"
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

data "aws_iam_policy_document" "aurora" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [data.aws_secretsmanager_secret.aurora.arn]
  }
}

resource "aws_iam_role_policy" "aurora" {
  for_each = local.database_functions

  name   = "read-the-database-password"
  role   = aws_iam_role.function[each.key].name
  policy = data.aws_iam_policy_document.aurora.json
}

resource "aws_iam_role_policy_attachment" "vpc" {
  for_each = local.database_functions

  role       = aws_iam_role.function[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
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
    variables = merge(local.variables, contains(local.database_functions, each.key) ? local.aurora : {})
  }

  dynamic "vpc_config" {
    for_each = contains(local.database_functions, each.key) ? [var.vpc] : []

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
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
