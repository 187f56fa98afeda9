"""What pydantic finds wrong with the shape of the file, in our words and with its place."""

from typing import Any, get_args

from pydantic_core import ErrorDetails

from tidegate.config.document import PipelineFile
from tidegate.config.problems import Path, Problem, nearest
from tidegate.config.source import Document

_EXPECTED = {
    "string_type": ("text", "put it in quotes"),
    "int_type": ("a whole number", "write digits without quotes"),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "list_type": ("a list", "write [one, two], or one a line after '- '"),
    "dict_type": ("a mapping of names to values", "write 'name: value' lines below it"),
    "model_type": ("a mapping of names to values", "write 'name: value' lines below it"),
}


def problem(document: Document, detail: ErrorDetails) -> Problem:
    """Say what pydantic found in our words, with its place and what to write in its stead."""
    path: Path = tuple(detail["loc"])
    if path and path[-1] == "[key]":
        return _key(document, path[:-1])
    name = str(path[-1]) if path else ""
    match detail["type"]:
        case "extra_forbidden":
            what = f"unknown key {name!r}{_inside(path[:-1])}"
            return Problem(document.place(path, key=True), what, nearest(name, _keys_at(path[:-1])))
        case "missing":
            what = f"{name!r} is missing{_inside(path[:-1])}"
            return Problem(document.place(path[:-1], key=True), what, f"add '{name}:'{_described(path)}")
        case kind:
            what, what_next = _value(kind, path, detail)
            return Problem(document.place(path), what, what_next)


def _key(document: Document, path: Path) -> Problem:
    """A key of a mapping whose keys are a closed set, at the end of `path`."""
    known = get_args(get_args(_annotation_at(path[:-1]))[0])
    what = f"unknown key {str(path[-1])!r}{_inside(path[:-1])}"
    return Problem(document.place(path, key=True), what, nearest(str(path[-1]), map(str, known)))


def _value(kind: str, path: Path, detail: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong with the value at `path`, and what to write."""
    where, value = dotted(path), detail["input"]
    if kind in _EXPECTED:
        expected, what_next = _EXPECTED[kind]
        return f"{where} is {_found(value)}, expected {expected}", what_next
    if kind == "literal_error":
        return f"{where} cannot be {value!r}", nearest(str(value), map(str, get_args(_annotation_at(path))))
    if kind in {"too_short", "string_too_short"}:
        return f"{where} is empty", "give at least one" if kind == "too_short" else "give some text"
    if kind == "string_pattern_mismatch":
        return f"{where} cannot be {value!r}", f"it must match {detail['ctx']['pattern']}{_described(path)}"
    return f"{where} cannot be {value!r}: {detail['msg'].lower()}", _described(path).strip(" ()")


def dotted(path: Path) -> str:
    """Write a path as people do: `gates.test.steps[0].run`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _inside(path: Path) -> str:
    return f" in {dotted(path)}" if path else ""


def _found(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"the text {value!r}"
        case _:
            return f"the number {value}"


def _annotation_at(path: Path) -> Any:
    """Follow a path through the models' annotations; None where it leads nowhere."""
    current: Any = PipelineFile
    for part in path:
        fields = getattr(current, "model_fields", None)
        if fields is not None:
            found = next((one for name, one in fields.items() if part == (one.alias or name)), None)
            current = found.annotation if found else None
        else:
            current = get_args(current)[-1] if get_args(current) else None
        while current is not None and type(None) in get_args(current):
            current = next(one for one in get_args(current) if one is not type(None))
    return current


def _keys_at(path: Path) -> list[str]:
    fields = getattr(_annotation_at(path), "model_fields", {})
    return [one.alias or name for name, one in fields.items()]


def _described(path: Path) -> str:
    fields = getattr(_annotation_at(path[:-1]), "model_fields", {})
    found = next((one for name, one in fields.items() if path[-1] == (one.alias or name)), None)
    return f" ({found.description.rstrip('.')})" if found and found.description else ""
