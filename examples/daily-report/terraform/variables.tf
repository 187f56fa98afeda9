variable "environment" {
  description = "dev, staging or prod."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "The environment is one of dev, staging and prod."
  }
}

variable "region" {
  description = "The AWS region of the environment."
  type        = string
  default     = "ap-southeast-1"
}

variable "placeholder_image_uri" {
  description = "The image that a function holds before its first deployment, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.placeholder_image_uri))
    error_message = "The placeholder image is named by digest."
  }
}

variable "database_user" {
  description = "The database user that the secret holds the password of."
  type        = string
  default     = "app"
}

variable "vpc" {
  description = "Where the functions that use the database run, so that they reach it."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })

  validation {
    condition     = length(var.vpc.subnet_ids) > 0 && length(var.vpc.security_group_ids) > 0
    error_message = "Without subnets and security groups the functions do not reach the database."
  }
}
