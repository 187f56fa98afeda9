"""Tidegate: progressive delivery for web products on AWS Lambda, S3 + CloudFront and Aurora."""

__version__ = "0.1.0"
