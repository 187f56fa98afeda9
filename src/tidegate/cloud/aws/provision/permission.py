"""Permissions of AWS services to invoke an alias."""

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire


async def ensure_permission(wire: Wire, function: str, alias: str, service: str, source: str) -> None:
    """Let a service invoke an alias for one source.

    Args:
        wire: The clients.
        function: Function name.
        alias: Alias; the function itself stays closed, since `$LATEST` holds untested code.
        service: Service principal, such as `apigateway.amazonaws.com`.
        source: ARN, or ARN pattern, of what may cause the invocation.
    """
    await created(
        wire,
        f"function {function}:{alias}",
        lambda: wire.clients.functions.add_permission(
            FunctionName=function,
            Qualifier=alias,
            StatementId=f"tidegate-{service.partition('.')[0]}",
            Action="lambda:InvokeFunction",
            Principal=service,
            SourceArn=source,
        ),
        "ResourceConflictException",
    )
