"""AWS Lambda: functions, versions, aliases and their real invocation."""
