"""Roles: whom their trust policies let in."""

from collections.abc import Iterator, Mapping
from typing import Any

from tidegate.cloud.aws.wire import Wire
from tidegate.model.facts import Trust

PROVIDER = "token.actions.githubusercontent.com"
_SUBJECT = f"{PROVIDER}:sub"
_ASSUME = frozenset({"sts:assumerolewithwebidentity", "sts:assumerole", "sts:*", "*"})
_OPERATORS = ("stringequals", "stringequalsignorecase", "stringlike")
"""Those that name who is let in, the narrowest first."""


async def trusts(wire: Wire, role: str) -> tuple[Trust, ...]:
    """What lets GitHub's tokens, or everybody, assume a role. AWS API: GetRole answers the trust policy with it."""

    def call() -> tuple[Trust, ...]:
        return tuple(read_trusts(wire.clients.roles.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]))

    return await wire.ask(f"the trust policy of role {role}", call)


def read_trusts(policy: Any) -> Iterator[Trust]:
    """The statements of a trust policy that let in GitHub's tokens, or everybody."""
    for statement in _several(policy.get("Statement")):
        if statement.get("Effect") != "Allow" or _ASSUME.isdisjoint(
            str(action).lower() for action in _several(statement.get("Action"))
        ):
            continue
        for principal in _principals(statement.get("Principal")):
            if principal == "*" or principal.endswith(f"/{PROVIDER}"):
                yield Trust(principal, _subjects(statement.get("Condition") or {}))


def _principals(given: Any) -> Iterator[str]:
    if not isinstance(given, Mapping):
        yield from map(str, _several(given))
        return
    for named in given.values():
        yield from map(str, _several(named))


def _subjects(condition: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Operators and keys are written in any case; `IfExists` changes nothing, since every token has a subject.

    Source: IAM user guide, "IAM JSON policy elements: Condition operators".
    """
    found: dict[str, tuple[str, ...]] = {}
    for operator, keys in condition.items():
        name = operator.lower().removeprefix("foranyvalue:").removesuffix("ifexists")
        for key, values in keys.items():
            if key.lower() == _SUBJECT:
                found[name] = tuple(map(str, _several(values)))
    return next((found[name] for name in _OPERATORS if name in found), ())


def _several(given: Any) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
