"""Narrow ports to the cloud, and their AWS adapters: the only place that imports boto3.

Foreign errors are mapped here to `errors.CloudError` and its kinds; nothing above sees a botocore exception.
"""
