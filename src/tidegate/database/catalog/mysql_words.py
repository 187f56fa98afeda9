"""How MySQL 8 and MariaDB word the same thing, brought to one wording."""

import re

_WIDTH = re.compile(r"\b(tinyint|smallint|mediumint|int|bigint)\((\d+)\)")
_NAME = re.compile(r"`((?:[^`]|``)+)`")
_NUMERIC = re.compile(r"(tinyint|smallint|mediumint|int|bigint|decimal|float|double|bit|year)\b")
_NOW = re.compile(r"\b(current_timestamp|now|localtimestamp)(\((\d*)\))?", re.IGNORECASE)
_INTRODUCER = re.compile(r"\b_[a-z0-9]+\\?(?=')")

JSON_VALID = re.compile(r"json_valid\(`(?:[^`]|``)+`\)")


def quoted(name: str) -> str:
    """A name in backticks."""
    return "`" + name.replace("`", "``") + "`"


def names(text: str) -> list[str]:
    """Names in backticks that stand in an expression."""
    return [name.replace("``", "`") for name in _NAME.findall(text)]


def column_type(written: str) -> str:
    """Without the display width of integers, which MySQL 8 has given up; `tinyint(1)` means a boolean and keeps it."""
    kept = _WIDTH.sub(lambda found: found[0] if found[0] == "tinyint(1)" else found[1], written)
    return kept.replace("year(4)", "year")


def default(text: str | None, extra: str, kind: str, *, maria: bool) -> str:
    """A default as an expression: MariaDB shows it so, MySQL shows the bare value."""
    if text is None or (maria and text == "NULL"):
        return ""
    if not maria and "default_generated" not in extra and not _NUMERIC.match(kind) and not text.startswith("b'"):
        text = "'" + text.replace("'", "''") + "'"
    if maria and text.startswith("'") and _NUMERIC.match(kind):
        text = text.strip("'")
    update = extra.partition("on update ")[2].split(" ")[0]
    return expression(text) + (f" ON UPDATE {expression(update)}" if update else "")


def expression(text: str, database: str = "") -> str:
    """An expression without character set introducers, with one word for the current time."""
    plain = _INTRODUCER.sub("", text).replace("\\'", "'") if "_" in text else text
    plain = _NOW.sub(lambda found: f"current_timestamp({found[3] or ''})", plain)
    return without_database(plain, database)


def without_database(text: str, database: str) -> str:
    """Names of the database's own tables, without its name: two environments have two."""
    return text.replace(f"{quoted(database)}.", "") if database else text


def key_part(column: str | None, length: int | None, order: str | None, expression_: str | None) -> str:
    """A part of a key, as CREATE INDEX takes it."""
    part = quoted(column) if column else f"({expression_})"
    return part + (f"({length})" if length else "") + (" DESC" if order == "D" else "")
