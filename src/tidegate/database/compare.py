"""Compare two schemas: what the code expects, and what a database has. Pure; equal schemas give nothing."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from tidegate.database.compare_table import compare_tables, indexes, triggers
from tidegate.database.difference import Difference, Kind, Weight
from tidegate.database.remedy import Remedies, Statements, remedies
from tidegate.database.remedy_postgresql import column_definition, quoted, sequence
from tidegate.database.wording import Wording
from tidegate.model.database import Engine
from tidegate.model.schema import Composite, Enumeration, Routine, Schema, Sequence, View


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)

_ORDER = {kind: number for number, kind in enumerate(Kind)}


def compare(expected: Schema, found: Schema) -> tuple[Difference, ...]:
    """All differences, those that break the code first, in an order that depends on nothing but the schemas.

    Args:
        expected: What the code expects.
        found: What a database has. What the code does not know is `NOTED`, unless an INSERT could fail by it.
    """
    expected, found = expected.without_version_table(), found.without_version_table()
    if expected.engine != found.engine:
        return (Difference("database", "", Kind.STORAGE, expected.engine, found.engine),)
    words = Wording(expected.version, found.version)
    mend = remedies(Engine(expected.engine))
    differences = [
        *compare_tables(expected, found, words, mend),
        *_views(expected, found, words, mend),
        *_sequences(expected, found),
        *_enumerations(expected.enumerations, found.enumerations),
        *_named(Kind.DOMAIN, expected.domains, found.domains, lambda one: one.definition, _domain_remedy, words.alike),
        *_named(Kind.COMPOSITE, expected.composites, found.composites, _composite_text, _composite_remedy, words.same),
        *_routines(expected.routines, found.routines, words),
        *_extensions(expected, found),
    ]
    return tuple(sorted(differences, key=_place))


def _place(one: Difference) -> tuple[object, ...]:
    weights = list(Weight)
    return (weights.index(one.weight), one.table, one.column, _ORDER[one.kind], one.expected, one.found)


def _pairs(expected: Iterable[N], found: Iterable[N]) -> Iterator[tuple[N | None, N | None]]:
    here, there = ({one.name: one for one in many} for many in (expected, found))
    for name in here | there:
        yield here.get(name), there.get(name)


def _named(
    kind: Kind,
    expected: Iterable[N],
    found: Iterable[N],
    text: Callable[[N], str],
    remedy: Callable[[N, N | None], Statements],
    alike: Callable[[str, str], bool],
) -> Iterator[Difference]:
    """Things that are a name and a text: missing and other ones break the code, unknown ones are noted."""
    for one, other in _pairs(expected, found):
        if one is None:
            assert other
            yield Difference(other.name, "", kind, "", text(other), weight=Weight.NOTED)
        elif other is None or not alike(text(one), text(other)):
            yield Difference(one.name, "", kind, text(one), text(other) if other else "", remedy(one, other))


def _domain_remedy(one: object, other: object) -> Statements:
    name, definition = getattr(one, "name", ""), getattr(one, "definition", "")
    if other is None:
        return (f"CREATE DOMAIN {quoted(name)} AS {definition}",)
    return (f"CREATE DOMAIN {quoted(name + '_new')} AS {definition}",)


def _composite_text(one: Composite) -> str:
    return ", ".join(column_definition(column) for column in one.columns)


def _composite_remedy(one: Composite, other: Composite | None) -> Statements:
    name = quoted(one.name)
    if other is None:
        return (f"CREATE TYPE {name} AS ({_composite_text(one)})",)
    known, now = ({column.name: column.type for column in each.columns} for each in (one, other))
    steps = [f"DROP ATTRIBUTE {quoted(gone)}" for gone in now if gone not in known]
    steps += [f"ADD ATTRIBUTE {quoted(new)} {type_}" for new, type_ in known.items() if new not in now]
    steps += [f"ALTER ATTRIBUTE {quoted(n)} TYPE {t}" for n, t in known.items() if n in now and now[n] != t]
    return (f"ALTER TYPE {name} {', '.join(steps)}",) if steps else ()


def _views(expected: Schema, found: Schema, words: Wording, mend: Remedies) -> Iterator[Difference]:
    for view, other in _pairs(expected.views, found.views):
        known = view or other
        assert known
        kind = Kind.MATERIALIZED_VIEW if known.materialized else Kind.VIEW
        if view is None:
            yield Difference(known.name, "", kind, "", known.definition, weight=Weight.NOTED)
        elif other is None:
            yield Difference(view.name, "", kind, view.definition, "", mend.view(view, None))
        else:
            yield from _view(view, other, kind, words, mend)


def _view(view: View, other: View, kind: Kind, words: Wording, mend: Remedies) -> Iterator[Difference]:
    remake = mend.view(view, other)
    if view.materialized is not other.materialized:
        here, now = ("materialized view" if one.materialized else "view" for one in (view, other))
        yield Difference(view.name, "", kind, here, now, remake)
        return
    if not words.alike(view.definition, other.definition):
        yield Difference(view.name, "", kind, view.definition, other.definition, remake)
    elif view.populated and not other.populated:
        refresh = (f"REFRESH MATERIALIZED VIEW {quoted(view.name)}",)
        yield Difference(view.name, "", kind, "rows", "WITH NO DATA: no query may read it", refresh)
    if view.options != other.options:
        yield Difference(view.name, "", kind, f"options {view.options}", f"options {other.options}", remake)
    yield from indexes(view.name, view.indexes, other.indexes, mend)
    yield from triggers(view.name, view.triggers, other.triggers, mend)


def _sequences(expected: Schema, found: Schema) -> Iterator[Difference]:
    """A sequence of a column is known by that column: its name stays what the table was first called."""
    columns = {f"{table.name}.{column.name}": column for table in found.tables for column in table.columns}
    wanted = {f"{table.name}.{column.name}": column for table in expected.tables for column in table.columns}
    here, there = ({one.owner or one.name: one for one in schema.sequences} for schema in (expected, found))
    for key in here | there:
        one, other = here.get(key), there.get(key)
        owner = (one or other or Sequence("", "")).owner
        if owner and (owner not in columns or owner not in wanted or columns[owner].identity != wanted[owner].identity):
            continue  # The column itself is missing, unknown, or numbered in another way, and that was told.
        if one is None:
            assert other
            yield Difference(other.name, "", Kind.SEQUENCE, "", other.definition, weight=Weight.NOTED)
        elif other is None:
            owned = (f"ALTER SEQUENCE {quoted(one.name)} OWNED BY {quoted(one.owner)}",) if one.owner else ()
            yield Difference(one.name, "", Kind.SEQUENCE, one.definition, "", (*sequence(one), *owned))
        elif one.definition != other.definition:
            yield Difference(one.name, "", Kind.SEQUENCE, one.definition, other.definition, sequence(one, other))


def _enumerations(expected: Iterable[Enumeration], found: Iterable[Enumeration]) -> Iterator[Difference]:
    for one, other in _pairs(expected, found):
        if one is None:
            assert other
            yield Difference(other.name, "", Kind.ENUMERATION, "", ", ".join(other.labels), weight=Weight.NOTED)
        elif other is None:
            labels = ", ".join(_literal(label) for label in one.labels)
            remedy = (f"CREATE TYPE {quoted(one.name)} AS ENUM ({labels})",)
            yield Difference(one.name, "", Kind.ENUMERATION, ", ".join(one.labels), "", remedy)
        else:
            yield from _labels(one, other)


def _labels(one: Enumeration, other: Enumeration) -> Iterator[Difference]:
    for number, label in enumerate(one.labels):
        if label not in other.labels:
            place = f" AFTER {_literal(one.labels[number - 1])}" if number else ""
            place = place or (f" BEFORE {_literal(other.labels[0])}" if other.labels else "")
            remedy = (f"ALTER TYPE {quoted(one.name)} ADD VALUE {_literal(label)}{place}",)
            yield Difference(one.name, label, Kind.ENUMERATION, f"value {label}", "", remedy)
    for label in other.labels:
        if label not in one.labels:
            yield Difference(one.name, label, Kind.ENUMERATION, "", f"value {label}", weight=Weight.NOTED)
    order, found = ([label for label in each if label in one.labels and label in other.labels]
                    for each in (one.labels, other.labels))  # fmt: skip
    if order != found:
        yield Difference(one.name, "", Kind.ENUMERATION, f"order {', '.join(order)}", f"order {', '.join(found)}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _routines(expected: Iterable[Routine], found: Iterable[Routine], words: Wording) -> Iterator[Difference]:
    for one, other in _pairs(expected, found):
        if one is None:
            assert other
            yield Difference(other.name, "", Kind.ROUTINE, "", f"a {other.kind}", weight=Weight.NOTED)
        elif other is None:
            yield Difference(one.name, "", Kind.ROUTINE, f"a {one.kind}", "", _remade(one))
        elif one.kind != other.kind or not words.same(one.definition, other.definition):
            remade = _remade(one)
            if remade and not one.definition.startswith("CREATE OR REPLACE"):
                remade = (f"DROP {one.kind.upper()} {quoted(one.name)}", *remade)
            yield Difference(one.name, "", Kind.ROUTINE, one.definition, other.definition, remade)


def _remade(one: Routine) -> Statements:
    return () if one.kind == "aggregate" else (one.definition,)


def _extensions(expected: Schema, found: Schema) -> Iterator[Difference]:
    """Another version is noted: which one a server has is its own."""
    for one, other in _pairs(expected.extensions, found.extensions):
        if one is None or (other and one.version != other.version):
            assert other
            yield Difference(
                other.name, "", Kind.EXTENSION, one.version if one else "", other.version, weight=Weight.NOTED
            )
        elif other is None:
            remedy = (f"CREATE EXTENSION {quoted(one.name)}",)
            yield Difference(one.name, "", Kind.EXTENSION, one.version, "", remedy)
