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
