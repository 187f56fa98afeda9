"""A variable that names a secret in place of holding it, written as CloudFormation's dynamic references are.

    {{resolve:secretsmanager:NAME:SecretString:KEY}}

A published version freezes its variables: with the value in one, a changed password would end the way back.
Source: AWS CloudFormation user guide, "Get a secret or secret value from Secrets Manager".
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

ReadSecret = Callable[[str], str]
"""From the name of a secret to its SecretString."""

_REFERENCE = re.compile(r"\{\{resolve:secretsmanager:(?P<name>[^{}]+):SecretString:(?P<key>[^{}:]+)\}\}")


class UnresolvedError(Exception):
    """A reference is not one, or its secret has no such key. No message holds a value."""


def resolve(value: str, read: ReadSecret) -> str:
    """What a variable means: the value of a secret's key, or its own text where it is no reference.

    Raises:
        UnresolvedError: When it is a reference that leads to nothing.
    """
    if not value.startswith("{{"):
        return value
    found = _REFERENCE.fullmatch(value)
    if found is None:
        raise UnresolvedError(f"{value} is not {{{{resolve:secretsmanager:NAME:SecretString:KEY}}}}")
    try:
        resolved = json.loads(read(found["name"]))[found["key"]]
    except (ValueError, TypeError, KeyError):
        resolved = None
    if not isinstance(resolved, str) or not resolved:
        raise UnresolvedError(f"secret {found['name']} is not JSON with a text under {found['key']!r}")
    return resolved


def secret(name: str) -> str:
    """The SecretString that a secret has now; raises what boto3 raises."""
    text: str = _secretsmanager().get_secret_value(SecretId=name)["SecretString"]
    return text


@cache
def _secretsmanager() -> Any:
    """boto3 is imported here: a cold start that needs no database does without it."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client("secretsmanager", config=limits)
