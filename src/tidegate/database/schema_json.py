"""Schema ↔ JSON, strictly: what is missing, unknown or of another type is an error, never a default.

Standard library only: the function inside the VPC carries this file.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, cast, get_args, get_origin, get_type_hints

from tidegate.model.schema import Schema


def encode(schema: Schema) -> str:
    """Return a schema as JSON; equal schemas give equal texts."""
    return json.dumps(_plain(schema), separators=(",", ":"), ensure_ascii=False)


def decode(text: str) -> Schema:
    """Return the schema that was encoded.

    Raises:
        ValueError: It is not a schema's JSON; the message says which part of it is not.
    """
    return cast("Schema", _value(Schema, json.loads(text), "schema"))


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


@cache
def _hints(shape: type) -> dict[str, Any]:
    return get_type_hints(shape)


def _value(hint: Any, plain: object, where: str) -> object:
    if get_origin(hint) is tuple:
        (element, _) = get_args(hint)
        if not isinstance(plain, list):
            raise ValueError(f"{where} is not a list")
        return tuple(_value(element, one, f"{where}[{number}]") for number, one in enumerate(plain))
    if is_dataclass(hint):
        return _record(cast("type", hint), plain, where)
    if issubclass(hint, StrEnum):
        return hint(str(plain))
    if type(plain) is not hint:
        raise ValueError(f"{where} is not of type {hint.__name__}")
    return plain


def _record(shape: type, plain: object, where: str) -> object:
    hints = _hints(shape)
    if not isinstance(plain, Mapping):
        raise ValueError(f"{where} is not an object")  # noqa: TRY004 - it is a text that is wrong
    if different := plain.keys() ^ hints.keys():
        raise ValueError(f"{where}: {', '.join(sorted(different))} is missing, or unknown here")
    return shape(**{name: _value(hints[name], plain[name], f"{where}.{name}") for name in hints})
