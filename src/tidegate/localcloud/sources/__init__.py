"""Event sources: what invokes functions without a client that waits, SQS queues and EventBridge rules."""
