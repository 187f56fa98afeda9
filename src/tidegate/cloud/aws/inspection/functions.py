"""Functions and their resource policies. Of environment variables only the names leave this file."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tidegate.cloud.aws.wire import Wire
from tidegate.errors import NotFound
from tidegate.model.facts import FunctionFacts, Grant


async def function(wire: Wire, name: str) -> FunctionFacts | None:
    """A function's current configuration."""

    def call() -> FunctionFacts:
        return _facts(wire.clients.functions.get_function_configuration(FunctionName=name))

    try:
        return await wire.ask(f"function {name}", call)
    except NotFound:
        return None


async def grants(wire: Wire, name: str, qualifier: str) -> tuple[Grant, ...]:
    """Statements of a resource policy. AWS API: GetPolicy answers ResourceNotFoundException where there is none."""
    extra: Any = {"Qualifier": qualifier} if qualifier else {}

    def call() -> tuple[Grant, ...]:
        return _grants(wire.clients.functions.get_policy(FunctionName=name, **extra)["Policy"])

    try:
        return await wire.ask(f"the policy of function {name}{qualifier and f':{qualifier}'}", call)
    except NotFound:
        return ()


_REFERENCE = re.compile(r"\{\{resolve:secretsmanager:[^{}]+\}\}")
"""CloudFormation User Guide, "Get a secret or secret value from Secrets Manager": a function resolves it by itself."""


def _facts(described: Mapping[str, Any]) -> FunctionFacts:
    name = str(described["FunctionName"])
    variables = (described.get("Environment") or {}).get("Variables") or {}
    return FunctionFacts(
        name=name,
        arn=str(described["FunctionArn"]).removesuffix(":$LATEST"),
        variables=tuple(sorted(variables)),
        references=frozenset(name for name, value in variables.items() if _REFERENCE.fullmatch(value)),
        tracing=str((described.get("TracingConfig") or {}).get("Mode", "PassThrough")),
        log_group=str((described.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"),
    )


def _grants(policy: str) -> tuple[Grant, ...]:
    found = []
    for statement in json.loads(policy)["Statement"]:
        if statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal", "")
        named = principal if isinstance(principal, str) else next(iter(principal.values()), "")
        condition = statement.get("Condition") or {}
        limits = {key.lower(): value for test in condition.values() for key, value in test.items()}
        found.append(Grant(str(statement.get("Sid", "")), _text(named), _text(limits.get("aws:sourcearn", ""))))
    return tuple(found)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
