"""The AWS adapters: one file a port over boto3, opened by `connect.open_cloud`.

They speak to AWS, to the embedded cloud or to another emulator: that is a setting (`endpoint`), not another code path.
"""
