"""The schema gate's verdict: whether a database is what the code expects. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidegate.database.compare import compare
from tidegate.database.difference import Difference, Kind, Weight
from tidegate.database.expectation import Expectation
from tidegate.model.schema import Schema
from tidegate.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, and where the code says what it expects.

    Attributes:
        place: `file:line`, or the file alone; empty where it is not known.
    """

    difference: Difference
    place: str = ""

    @property
    def line(self) -> str:
        """One line for people."""
        return self.difference.line + (f" ({self.place})" if self.place else "")

    @property
    def annotation(self) -> tuple[str, int, str]:
        """File, line (0 where not known) and text, as GitHub's annotations take them; no file where not known."""
        file, _, line = self.place.partition(":")
        return file, int(line or 0), self.difference.line


@dataclass(frozen=True, slots=True)
class SchemaVerdict:
    """What the gate says.

    Attributes:
        failures: What keeps the code out.
        notes: What is told: things that the code does not know, and other names for the same.
    """

    failures: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Successful or Failed; a database that did not answer never comes here."""
        return Verdict.FAILED if self.failures else Verdict.SUCCESSFUL


def judge(
    expectation: Expectation, found: Schema, *, way_back: bool = False, more: Iterable[Difference] = ()
) -> SchemaVerdict:
    """Judge a database.

    Args:
        expectation: What the code expects.
        found: What the database is.
        way_back: For a release that is put back: it works on a schema that takes more than it expects, as expand
            migrations of the release behind it leave it.
        more: What another comparison found, such as that of dumps.
    """
    differences = [*expected_and_found(expectation, found), *more]
    failing = {Weight.BREAKS} if way_back else {Weight.BREAKS, Weight.LOOSER}
    findings = [Finding(one, place_of(one, expectation.places)) for one in differences]
    return SchemaVerdict(
        tuple(one for one in findings if one.difference.weight in failing),
        tuple(one for one in findings if one.difference.weight not in failing),
    )


def expected_and_found(expectation: Expectation, found: Schema) -> tuple[Difference, ...]:
    """All differences of a database from what migrations make, or from what is declared where there are none.

    What is declared agrees with what migrations make: `disagreement` was asked when the expectation was made. What
    differs from the schema before contract migrations only, or from the one behind them only, is about to go, or gone.
    """
    if not expectation.migrated:
        return compare(expectation.declared, found) if expectation.declared else ()
    sides = [{_key(one): one for one in compare(schema, found)} for schema in expectation.migrated]
    return tuple(one for key, one in sides[0].items() if all(key in side for side in sides))


def disagreement(expectation: Expectation) -> tuple[Finding, ...]:
    """Where what is declared and what the migrations make do not agree; empty where only one of them is there.

    The code runs before and behind contract migrations: neither may break it. What is only looser before them is what
    they are there for.
    """
    if expectation.declared is None:
        return ()
    alone = Expectation(expectation.declared, places=expectation.places)
    sides = [
        {_key(one.difference): one for one in judge(alone, schema).failures if not _known_otherwise(one.difference)}
        for schema in expectation.migrated
    ]
    apart = {
        key: one
        for side in sides
        for key, one in side.items()
        if one.difference.weight is Weight.BREAKS or all(key in other for other in sides)
    }
    return tuple(apart.values())


def _known_otherwise(one: Difference) -> bool:
    """What metadata does not know, migrations may have made; a column that an INSERT must name excepted."""
    return not one.expected and not (one.kind is Kind.COLUMN and one.weight is Weight.BREAKS)


def _key(one: Difference) -> tuple[str, str, Kind]:
    return one.table, one.column, one.kind


def place_of(one: Difference, places: Mapping[str, str]) -> str:
    """Where the code declares what a difference is about: the column, else the table, else the file."""
    return places.get(one.where) or places.get(one.table) or places.get("", "")
