"""Typed reading of an operation's JSON input, and paging of its output."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tidegate.localcloud.ecr.errors import EcrError, invalid_parameter

T = TypeVar("T")


class Parameters:
    """The input of one operation; every getter refuses a wrong type as AWS does."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """A required string."""
        value = self.optional_text(name)
        if value is None:
            raise invalid_parameter(f"Invalid parameter at '{name}' failed to satisfy constraint: 'must not be null'")
        return value

    def optional_text(self, name: str) -> str | None:
        """A string, or None."""
        value = self._data.get(name)
        if value is not None and not isinstance(value, str):
            raise EcrError("SerializationException", f"{name} is not a string")
        return value

    def flag(self, name: str) -> bool:
        """A boolean that is False when it is missing."""
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            raise EcrError("SerializationException", f"{name} is not a boolean")
        return value

    def number(self, name: str) -> int | None:
        """An integer from 1 to 1000 (AWS API: MaxResults), or None."""
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1000:
            raise invalid_parameter(f"Invalid parameter at '{name}' failed to satisfy constraint: '1 to 1000'")
        return value

    def structure(self, name: str) -> "Parameters":
        """A structure; empty when it is missing."""
        value = self._data.get(name) or {}
        if not isinstance(value, dict):
            raise EcrError("SerializationException", f"{name} is not a structure")
        return Parameters(value)

    def structures(self, name: str) -> list["Parameters"]:
        """A list of structures; empty when it is missing."""
        value = self._data.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise EcrError("SerializationException", f"{name} is not a list of structures")
        return [Parameters(item) for item in value]

    def texts(self, name: str) -> list[str]:
        """A list of strings; empty when it is missing."""
        value = self._data.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise EcrError("SerializationException", f"{name} is not a list of strings")
        return list(value)


def page(items: Sequence[T], parameters: Parameters, default: int) -> tuple[Sequence[T], dict[str, str]]:
    """One page of a listing: its items, and `nextToken` when more are left.

    Raises:
        EcrError: For a token that no earlier page returned.
    """
    start = 0
    token = parameters.optional_text("nextToken")
    if token is not None:
        try:
            start = int(base64.b64decode(token, validate=True).decode("ascii"))
        except (binascii.Error, ValueError):
            raise invalid_parameter("Invalid parameter at 'nextToken'") from None
    end = start + (parameters.number("maxResults") or default)
    following = {"nextToken": base64.b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return items[start:end], following
