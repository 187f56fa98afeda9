"""CloudWatch alarms."""

from tidegate.cloud.aws.wire import Wire

PERIOD_SECONDS = 60


async def ensure_alarm(wire: Wire, function: str) -> None:
    """An alarm on the errors of a function. AWS API: PutMetricAlarm replaces the alarm of that name."""
    await wire.ask(
        f"alarm of function {function}",
        lambda: wire.clients.metrics.put_metric_alarm(
            AlarmName=f"{function}-errors",
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            Statistic="Sum",
            Period=PERIOD_SECONDS,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        ),
    )
