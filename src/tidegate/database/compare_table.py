"""Compare the tables of two schemas: columns, constraints, indexes, triggers, policies and how rows are kept."""

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Many
from dataclasses import replace

from tidegate.database.compare_column import columns
from tidegate.database.difference import Difference, Kind, Weight
from tidegate.database.remedy import Remedies
from tidegate.database.remedy_postgresql import policy, quoted, row_security
from tidegate.database.wording import Wording
from tidegate.model.schema import Constraint, ConstraintKind, Index, Schema, Table, Trigger

_KINDS = {
    ConstraintKind.PRIMARY_KEY: Kind.PRIMARY_KEY,
    ConstraintKind.UNIQUE: Kind.UNIQUE,
    ConstraintKind.FOREIGN_KEY: Kind.FOREIGN_KEY,
    ConstraintKind.CHECK: Kind.CHECK,
    ConstraintKind.EXCLUSION: Kind.EXCLUSION,
}


def compare_tables(expected: Schema, found: Schema, words: Wording, mend: Remedies) -> Iterator[Difference]:
    """All differences of tables, partitions included."""
    here, there = ({table.name: table for table in schema.tables} for schema in (expected, found))
    for name, table in here.items():
        kind = Kind.PARTITION if table.partition_of else Kind.TABLE
        if name not in there:
            owned = [one for one in expected.sequences if one.owner.rpartition(".")[0] == name]
            text = f"partition of {table.partition_of} {table.bound}" if table.partition_of else "a table"
            yield Difference(name, "", kind, text, "", mend.table(table, owned))
        else:
            yield from _table(table, there[name], expected, found, words, mend)
    for name in there.keys() - here.keys():
        kind = Kind.PARTITION if there[name].partition_of else Kind.TABLE
        text = f"partition of {there[name].partition_of}" if there[name].partition_of else "a table"
        yield Difference(name, "", kind, "", text, weight=Weight.NOTED)


def _table(
    table: Table, other: Table, expected: Schema, found: Schema, words: Wording, mend: Remedies
) -> Iterator[Difference]:
    yield from _keeping(table, other, words)
    # A partition's columns are its parent's, and told there.
    if not (table.partition_of and other.partition_of):
        yield from columns(table, other, expected, found, words, mend)
    yield from _rules(table, other, words, mend)
    yield from triggers(table.name, table.triggers, other.triggers, mend)
    yield from _policies(table, other, words)


def _keeping(table: Table, other: Table, words: Wording) -> Iterator[Difference]:
    """How rows are kept, and who may see them."""
    name = table.name
    if table.persistence != other.persistence:
        keep = (f"ALTER TABLE {quoted(name)} SET {'UNLOGGED' if table.persistence == 'unlogged' else 'LOGGED'}",)
        yield Difference(name, "", Kind.PERSISTENCE, table.persistence, other.persistence, keep)
    if table.partition_by != other.partition_by:
        yield Difference(name, "", Kind.PARTITIONING, table.partition_by, other.partition_by)
    if (table.partition_of, table.bound) != (other.partition_of, other.bound):
        here, now = (f"of {one.partition_of} {one.bound}" if one.partition_of else "" for one in (table, other))
        detach = (f"ALTER TABLE {quoted(other.partition_of)} DETACH PARTITION {quoted(name)}",)
        attach = (f"ALTER TABLE {quoted(table.partition_of)} ATTACH PARTITION {quoted(name)} {table.bound}",)
        remedy = (detach if other.partition_of else ()) + (attach if table.partition_of else ())
        yield Difference(name, "", Kind.PARTITION, here, now, remedy)
    if table.inherits != other.inherits:
        yield Difference(name, "", Kind.INHERITANCE, ", ".join(table.inherits), ", ".join(other.inherits))
    if table.options != other.options:
        yield Difference(name, "", Kind.STORAGE, table.options or "the usual", other.options or "the usual")
    if table.row_security != other.row_security:
        here, now = (one.row_security or "off" for one in (table, other))
        yield Difference(name, "", Kind.ROW_SECURITY, here, now, row_security(name, table.row_security))


def _rules(table: Table, other: Table, words: Wording, mend: Remedies) -> Iterator[Difference]:
    """Constraints and indexes together, since a unique index does what a unique constraint does."""
    rest, others = list(table.constraints), list(other.constraints)
    for one in table.constraints:
        same = [two for two in others if two.kind is one.kind and words.alike(one.definition, two.definition)]
        if same:
            twin = next((two for two in same if two.name == one.name), same[0])
            rest.remove(one)
            others.remove(twin)
            if twin.name != one.name:
                kind = _KINDS[one.kind]
                yield Difference(table.name, one.name, kind, one.name, f"named {twin.name}", weight=Weight.NOTED)
    wanted, had = list(table.indexes), list(other.indexes)
    for rules, substitutes in ((rest, had), (others, wanted)):
        for rule in [one for one in rules if one.kind is ConstraintKind.UNIQUE]:
            if index := next((one for one in substitutes if _does(one, rule)), None):
                rules.remove(rule)
                substitutes.remove(index)
                here, now = f"constraint {rule.name}", f"unique index {index.name}"
                here, now = (here, now) if rules is rest else (now, here)
                yield Difference(table.name, rule.name, Kind.UNIQUE, here, now, weight=Weight.NOTED)
    yield from _constraints(table, rest, other, others, mend)
    yield from indexes(table.name, wanted, had, mend, known={column.name for column in table.columns}, other=other)


def _does(index: Index, rule: Constraint) -> bool:
    """Whether a unique index demands just what a unique constraint does."""
    return index.unique and index.valid and not index.predicate and rule.definition == f"UNIQUE {index.keys}"


def _constraints(
    table: Table, rest: Many[Constraint], other: Table, others: list[Constraint], mend: Remedies
) -> Iterator[Difference]:
    for one in rest:
        twin = _other(one, others)
        if twin:
            others.remove(twin)
        loose = one.kind is ConstraintKind.CHECK and not twin
        loose = loose or bool(twin and twin.definition == f"{one.definition} NOT VALID")
        yield Difference(
            table.name,
            one.name,
            _KINDS[one.kind],
            one.definition,
            twin.definition if twin else "",
            mend.constraint(table, one, twin),
            Weight.LOOSER if loose else Weight.BREAKS,
        )
    known = {column.name for column in table.columns}
    for unknown in others:
        harms = _may_refuse(unknown.kind, unknown.columns, known, other)
        yield Difference(
            table.name,
            unknown.name,
            _KINDS[unknown.kind],
            "",
            unknown.definition,
            mend.without_constraint(table, unknown) if harms else (),
            Weight.BREAKS if harms else Weight.NOTED,
        )


def _other(one: Constraint, others: Iterable[Constraint]) -> Constraint | None:
    """The constraint that is there in the place of this one."""
    same = [two for two in others if two.kind is one.kind]
    if one.kind is ConstraintKind.PRIMARY_KEY:
        return next(iter(same), None)
    named = next((two for two in same if two.name == one.name), None)
    if named or one.kind is ConstraintKind.CHECK:
        return named
    return next((two for two in same if two.columns == one.columns), None)


def _may_refuse(kind: ConstraintKind, about: Many[str], known: set[str], found: Table) -> bool:
    """Whether a rule that the code does not know could refuse a row of an INSERT that it writes.

    Such an INSERT leaves NULL in a column that it does not know and that has no default, and NULL satisfies a foreign
    key (of MATCH SIMPLE), a UNIQUE and a CHECK (PostgreSQL documentation, "Constraints").
    """
    unknown = [column for column in found.columns if column.name in about and column.name not in known]
    if kind is ConstraintKind.CHECK:
        return not about or any(name in known for name in about)
    return not any(column.nullable and not (column.default or column.generated) for column in unknown)


def indexes(
    name: str,
    expected: Iterable[Index],
    found: Iterable[Index],
    mend: Remedies,
    *,
    known: set[str] | None = None,
    other: Table | None = None,
) -> Iterator[Difference]:
    """Differences of the indexes of a table or a materialized view; `known` columns and `other` for a table."""
    live = not (other and other.partition_by)
    rest, others = list(expected), list(found)
    for one in list(rest):
        same = [two for two in others if two.definition == one.definition]
        if same:
            twin = next((two for two in same if two.name == one.name), same[0])
            rest.remove(one)
            others.remove(twin)
            if twin.name != one.name:
                yield Difference(name, one.name, Kind.INDEX, one.name, f"named {twin.name}", weight=Weight.NOTED)
    for one in rest:
        there = next((two for two in others if two.name == one.name), None)
        if there:
            others.remove(there)
        invalid = bool(there and not there.valid and replace(there, valid=one.valid).definition == one.definition)
        text = there.definition if there else ""
        remedy = mend.index(name, one, there, live=live)
        yield Difference(name, one.name, Kind.INDEX_VALIDITY if invalid else Kind.INDEX, one.definition, text, remedy)
    for unknown in others:
        harms = unknown.unique and (
            known is None or other is None or _may_refuse(ConstraintKind.UNIQUE, unknown.columns, known, other)
        )
        kind = Kind.INDEX if unknown.valid else Kind.INDEX_VALIDITY
        remedy = mend.without_index(name, unknown) if harms or not unknown.valid else ()
        weight = Weight.BREAKS if harms else Weight.NOTED
        yield Difference(name, unknown.name, kind, "", unknown.definition, remedy, weight)


def triggers(name: str, expected: Iterable[Trigger], found: Iterable[Trigger], mend: Remedies) -> Iterator[Difference]:
    """Differences of the triggers of a table or a view."""
    here, there = ({one.name: one for one in many} for many in (expected, found))
    for key, one in here.items():
        other = there.get(key)
        if one != other:
            text = f"{other.definition} ({other.enabled})" if other else ""
            remedy = mend.trigger(name, one, other)
            yield Difference(name, key, Kind.TRIGGER, f"{one.definition} ({one.enabled})", text, remedy)
    for key in there.keys() - here.keys():
        yield Difference(name, key, Kind.TRIGGER, "", there[key].definition, weight=Weight.NOTED)


def _policies(table: Table, other: Table, words: Wording) -> Iterator[Difference]:
    here, there = ({one.name: one for one in each.policies} for each in (table, other))
    for key, one in here.items():
        twin = there.get(key)
        if twin is None or not words.alike(one.definition, twin.definition):
            text = twin.definition if twin else ""
            yield Difference(table.name, key, Kind.POLICY, one.definition, text, policy(table.name, one, twin))
    for key in there.keys() - here.keys():
        remedy = (f"DROP POLICY {quoted(key)} ON {quoted(table.name)}",)
        yield Difference(table.name, key, Kind.POLICY, "", there[key].definition, remedy)
