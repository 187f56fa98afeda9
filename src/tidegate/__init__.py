"""Tidegate: progressive delivery for web products on AWS Lambda, S3 + CloudFront and Aurora."""
