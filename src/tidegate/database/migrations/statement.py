"""Statement: one SQL statement of a revision, and the plain words that rules look at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
    | (?P<text>[eEnN]?'(?:[^'\\]|''|\\.)*')
    | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
    | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        sql: As Alembic writes it.
        revision: Whose it is.
        file: The revision's file.
        line: Line of the file that issued it; 0 where it is not known.
        number: Its number in the revision, from 1.
        alone: Whether it runs outside of a transaction (`autocommit_block`).
    """

    sql: str
    revision: str = ""
    file: str = ""
    line: int = 0
    number: int = 1
    alone: bool = False

    @property
    def where(self) -> str:
        """File and line, for people."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def words(self) -> str:
        """See `plain`."""
        return plain(self.sql)

    @property
    def shown(self) -> str:
        """One line for people, without the texts in it: they may be anybody's data."""
        one = plain(self.sql)
        return one if len(one) <= 120 else f"{one[:117]}…"


def plain(sql: str) -> str:
    """SQL in one line without comments; texts become `''`, and names lose quotation marks that they do not need."""

    def shortened(found: re.Match[str]) -> str:
        if found["comment"]:
            return " "
        if found["dollar"] or found["text"]:
            return "''"
        if found["name"]:
            bare = found["name"][1:-1]
            return bare if re.fullmatch(r"[A-Za-z_][\w$]*", bare) else found["name"]
        return str(found[0])

    return " ".join(_TOKEN.sub(shortened, sql).split()).removesuffix(";").rstrip()


def split(sql: str) -> Iterator[str]:
    """The statements of a text, without their semicolons; those inside of texts and bodies do not count."""
    start = 0
    for found in _TOKEN.finditer(sql):
        if found["end"]:
            if plain(sql[start : found.start()]):
                yield sql[start : found.start()].strip()
            start = found.end()
    if plain(sql[start:]):
        yield sql[start:].strip()
