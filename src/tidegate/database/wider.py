"""Whether a type takes every value that another has, so that code which knows the narrow one can write as before."""

import re

_PARTS = re.compile(r"(?P<name>[a-z ]+?)(?:\((?P<numbers>[\d, ]+)\))?(?P<rest>\[\])?")
_LADDERS = (
    ("smallint", "integer", "bigint"),
    ("tinyint", "smallint", "mediumint", "int", "bigint"),
    ("real", "double precision"),
    ("float", "double"),
    ("tinytext", "text", "mediumtext", "longtext"),
    ("tinyblob", "blob", "mediumblob", "longblob"),
)
_LENGTHS = frozenset({"character varying", "varchar", "bit varying", "varbinary"})
_UNBOUND = {"character varying": "text"}
_NUMERIC = frozenset({"numeric", "decimal"})


def takes_all(wide: str, narrow: str) -> bool:
    """Whether all values of type `narrow` are values of `wide`, which is another type; False where not known."""
    (name, numbers, rest), (other, others, other_rest) = _parts(wide), _parts(narrow)
    if rest != other_rest:
        return False
    if name != other:
        climbs = not numbers and not others and any(_climbs(ladder, other, name) for ladder in _LADDERS)
        return climbs or name == _UNBOUND.get(other)
    if name in _LENGTHS | _NUMERIC and not numbers:
        return True
    if name in _LENGTHS:
        return bool(others) and numbers >= others
    return name in _NUMERIC and bool(others) and _holds(numbers, others)


def _holds(wide: tuple[int, ...], narrow: tuple[int, ...]) -> bool:
    """Digits before and behind the point."""
    (precision, scale), (other_precision, other_scale) = ((*one, 0)[:2] for one in (wide, narrow))
    return scale >= other_scale and precision - scale >= other_precision - other_scale


def _climbs(ladder: tuple[str, ...], low: str, high: str) -> bool:
    return low in ladder and high in ladder and ladder.index(low) < ladder.index(high)


def _parts(written: str) -> tuple[str, tuple[int, ...], str]:
    found = _PARTS.fullmatch(written)
    if not found:
        return written, (), ""
    numbers = tuple(int(one) for one in (found["numbers"] or "").split(",") if one.strip())
    return found["name"], numbers, found["rest"] or ""
