"""What tells that something turned bad: logs that are kept long enough, and an alarm on each function's errors."""

from collections.abc import Iterator

from tidegate.doctor.judged import Case, command, error
from tidegate.model.facts import RETENTION_DAYS
from tidegate.model.finding import Check, Finding


def judge_telemetry(case: Case) -> Iterator[Finding]:
    """Yield log groups and alarms that are missing or not as they must be."""
    for name, group in case.facts.groups.items():
        create = command("aws", "logs", "create-log-group", "--log-group-name", name)
        days = ("--retention-in-days", str(RETENTION_DAYS))
        keep = command("aws", "logs", "put-retention-policy", "--log-group-name", name, *days)
        if group is None:
            yield error(Check.LOGS, f"log group {name} does not exist", name, create, keep)
        elif group.retention_days != RETENTION_DAYS:
            kept = "for ever" if group.retention_days is None else f"for {group.retention_days} days"
            yield error(Check.LOGS, f"log group {name} is kept {kept}, not for {RETENTION_DAYS} days", name, keep)
    if case.facts.alarmed is None:
        return
    for facts in case.facts.functions.values():
        if facts is not None and facts.name not in case.facts.alarmed:
            what = f"no alarm looks at the errors of {facts.name}"
            yield error(Check.ALARMS, what, facts.name, _alarm(facts.name))


def _alarm(function: str) -> str:
    return command(
        *("aws", "cloudwatch", "put-metric-alarm", "--alarm-name", f"{function}-errors"),
        *("--namespace", "AWS/Lambda", "--metric-name", "Errors"),
        *("--dimensions", f"Name=FunctionName,Value={function}", "--statistic", "Sum", "--period", "60"),
        *("--evaluation-periods", "1", "--threshold", "1"),
        *("--comparison-operator", "GreaterThanOrEqualToThreshold", "--treat-missing-data", "notBreaching"),
    )
