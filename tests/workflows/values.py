"""Values of GitHub's expressions and how they are coerced.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions (Literals, Operators, Functions)
and, where that is silent, `EvaluationResult` and `ExpressionUtility` of https://github.com/actions/runner.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping

Value = None | bool | float | str | list["Value"] | dict[str, "Value"]

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_OCTAL = re.compile(r"0o[0-7]+")


class Filtered(list[Value]):
    """What a `.*` gave: an index behind it applies to each member."""


def value_of(plain: object) -> Value:
    """The value of what JSON or YAML gave: every number is a double."""
    if plain is None or isinstance(plain, bool | str):
        return plain
    if isinstance(plain, int | float):
        return float(plain)
    if isinstance(plain, Mapping):
        return {str(key): value_of(inner) for key, inner in plain.items()}
    if isinstance(plain, Iterable):
        return [value_of(inner) for inner in plain]
    raise TypeError(f"no value of an expression: {plain!r}")


def truthy(value: Value) -> bool:
    """Falsy are false, 0, NaN, the empty string and null; every array and object is truthy."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return isinstance(value, list | dict) or bool(value)


def number(value: Value) -> float:
    """As JavaScript's Number(): null and '' are 0, an array or object is NaN."""
    match value:
        case None:
            return 0.0
        case bool():
            return float(value)
        case float():
            return value
        case str():
            return _parsed(value.strip())
        case _:
            return math.nan


def _parsed(text: str) -> float:
    if not text:
        return 0.0
    if _NUMBER.fullmatch(text):
        return float(text)
    if _HEX.fullmatch(text):
        return float(int(text, 16))
    if _OCTAL.fullmatch(text):
        return float(int(text, 8))
    return {"Infinity": math.inf, "-Infinity": -math.inf}.get(text, math.nan)


def text(value: Value) -> str:
    """The text that functions and `${{ }}` put in a value's place."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.15g}"
        case str():
            return value
        case list():
            return "Array"
        case dict():
            return "Object"


def is_primitive(value: Value) -> bool:
    """Whether functions cast it to a string."""
    return not isinstance(value, list | dict)


def equal(left: Value, right: Value) -> bool:
    """Loose equality: types that differ become numbers, case is ignored, arrays and objects equal only themselves."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right or left.casefold() == right.casefold()
    left, right = _coerced(left, right)
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left is right
    return type(left) is type(right) and left == right


def less(left: Value, right: Value) -> bool:
    """Whether one is less than the other; what cannot be compared, as NaN and objects, is not."""
    left, right = _coerced(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() < right.casefold()
    if isinstance(left, bool | float) and type(left) is type(right):
        return number(left) < number(right)
    return False


def _coerced(left: Value, right: Value) -> tuple[Value, Value]:
    if type(left) is type(right):
        return left, right
    if isinstance(left, float) and isinstance(right, str):
        return left, number(right)
    if isinstance(left, str) and isinstance(right, float):
        return number(left), right
    if left is None or isinstance(left, bool):
        return _coerced(number(left), right)
    if right is None or isinstance(right, bool):
        return _coerced(left, number(right))
    return left, right


def indexed(value: Value, index: Value) -> Value:
    """A member, or null; names of properties ignore case. Behind a filter, the members of every member."""
    if isinstance(value, Filtered):
        return Filtered(found for one in value for found in _found(one, index))
    return next(iter(_found(value, index)), None)


def filtered(value: Value) -> Value:
    """`.*`: all members of an array, all values of an object, nothing of anything else."""
    if isinstance(value, Filtered):
        return Filtered(inner for one in value for inner in _members(one))
    return Filtered(_members(value))


def _members(value: Value) -> list[Value]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _found(value: Value, index: Value) -> list[Value]:
    if isinstance(value, dict) and is_primitive(index):
        key = text(index)
        if key in value:
            return [value[key]]
        return [inner for name, inner in value.items() if name.casefold() == key.casefold()][:1]
    if isinstance(value, list):
        place = number(index)
        if not math.isnan(place) and place >= 0 and math.floor(place) < len(value):
            return [value[math.floor(place)]]
    return []


def as_json(value: Value) -> str:
    """`toJSON`: indented by two spaces, whole numbers without a fraction."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False)


def _plain(value: Value) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value
