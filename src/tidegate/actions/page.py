"""A workflow as YAML: always the same text for the same content, one key or item a line, no line ever wrapped.

A general YAML library quotes `on`, wraps long expressions and cannot write a comment behind a value.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_PLAIN = re.compile(r"[A-Za-z0-9_./$][A-Za-z0-9_./@$+=(){}\[\]!&|<>*'\", -]*(?<! )", re.ASCII)
_MISREAD = re.compile(
    r"(y|n|yes|no|on|off|true|false|null|nan|inf|\.nan|\.inf|[0-9._+-]+(e[0-9+-]*)?|0[xo][0-9a-f_]+)", re.IGNORECASE
)
_STEP = "  "
MADE = "Made by `tidegate actions write`"
"""How the first line of every made file begins."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A value with a comment behind it."""

    value: "Value"
    comment: str


Value: TypeAlias = "str | int | bool | Noted | Mapping[str, Value] | Sequence[Value]"


def page(content: Mapping[str, Value], head: Sequence[str]) -> str:
    """Write a mapping as a YAML document, below comment lines and with an empty line between its keys."""
    parts = ["\n".join(_mapping({key: value}, "")) for key, value in content.items()]
    return "\n\n".join(["\n".join(f"# {line}" for line in head), *parts]) + "\n"


def _mapping(content: Mapping[str, Value], indent: str) -> Iterator[str]:
    for key, value in content.items():
        yield from _entry(f"{indent}{_scalar(key, key=True)}:", value, indent + _STEP)


def _sequence(items: Sequence[Value], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item, indent + _STEP)
            yield f"{indent}- {first.removeprefix(indent + _STEP)}"
            yield from rest
        else:
            yield from _entry(f"{indent}-", item, indent + _STEP)


def _entry(head: str, value: Value, indent: str) -> Iterator[str]:
    comment = ""
    if isinstance(value, Noted):
        comment, value = f" # {value.comment}", value.value
    match value:
        case str() | bool() | int():
            yield f"{head} {_scalar(value)}{comment}"
        case Mapping() if value:
            yield head + comment
            yield from _mapping(value, indent)
        case Sequence() if value:
            yield head + comment
            yield from _sequence(value, indent)
        case _:
            yield f"{head} {'{}' if isinstance(value, Mapping) else '[]'}{comment}"


def _scalar(value: str | int | bool, *, key: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    # GitHub reads YAML 1.2, where the key `on` is text; everybody writes it plain.
    if _PLAIN.fullmatch(value) and (not _MISREAD.fullmatch(value) or (key and value == "on")):
        return value
    return "".join(_quoted(character) for character in json.dumps(value, ensure_ascii=False))


def _quoted(character: str) -> str:
    """A character between quotation marks; JSON escapes what is below the space, YAML wants more escaped."""
    if character.isascii() and character.isprintable():
        return character
    return f"\\U{ord(character):08x}"
