"""One way in which a database can be other than the code expects."""

from dataclasses import dataclass

from tidegate.database.difference import Kind


@dataclass(frozen=True, slots=True)
class Drift:
    """What is planted, and what must be found.

    Attributes:
        name: For people; the documentation's table shows it.
        sql: Statements that plant it.
        kind: What the difference must be called.
        where: What it must be about.
        mended: Whether its remedy alone brings the schema back.
    """

    name: str
    sql: str
    kind: Kind
    where: str
    mended: bool = True
