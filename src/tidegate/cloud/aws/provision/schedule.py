"""EventBridge rules that invoke an alias by the clock."""

from tidegate.cloud.aws.provision.permission import ensure_permission
from tidegate.cloud.aws.wire import Wire
from tidegate.errors import CloudError


async def ensure_schedule(wire: Wire, account: str, function: str, alias: str, expression: str) -> None:
    """A rule, named after its function, with the alias as its only target.

    Args:
        wire: The clients.
        account: Account id.
        function: Function name.
        alias: Alias.
        expression: Such as `rate(1 day)` or `cron(0 6 * * ? *)`.
    """
    where = f"rule {function}"
    target = f"arn:aws:lambda:{wire.region}:{account}:function:{function}:{alias}"

    def call() -> str:
        rule = wire.clients.rules.put_rule(Name=function, ScheduleExpression=expression, State="ENABLED")["RuleArn"]
        answer = wire.clients.rules.put_targets(Rule=function, Targets=[{"Id": alias, "Arn": target}])
        if answer["FailedEntryCount"]:
            failed = answer["FailedEntries"][0]
            raise CloudError(
                f"PutTargets was refused: {failed.get('ErrorMessage', 'no reason given')}",
                where=where,
                code=failed.get("ErrorCode", ""),
            )
        return rule

    rule = await wire.ask(where, call)
    await ensure_permission(wire, function, alias, "events.amazonaws.com", rule)
