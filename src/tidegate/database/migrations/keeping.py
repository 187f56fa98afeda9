"""What the release before would miss on an expanded schema: pure, (schema before, schema after) → what is lost.

Seen on a scratch database, so that it holds for whatever a migration does, however it is written.
"""

from collections.abc import Iterator

from tidegate.model.schema import Column, Constraint, ConstraintKind, Index, Schema, Table

Lost = tuple[str, str]
"""Rule, and what happened."""

_UNIQUE = frozenset({ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE, ConstraintKind.EXCLUSION})


def lost(before: Schema, after: Schema) -> tuple[Lost, ...]:
    """What a release that was written for the schema before can no longer rely on."""
    return (*_gone(before, after), *_in_tables(before, after), *_in_views(before, after))


def _gone(before: Schema, after: Schema) -> Iterator[Lost]:
    pairs = (
        ("table", before.tables, after.tables),
        ("view", before.views, after.views),
        ("sequence", before.sequences, after.sequences),
        ("type", before.enumerations, after.enumerations),
        ("domain", before.domains, after.domains),
        ("type", before.composites, after.composites),
        ("function", before.routines, after.routines),
        ("extension", before.extensions, after.extensions),
    )
    for kind, old, new in pairs:
        names = {one.name for one in new}
        for one in old:
            if one.name not in names:
                yield "phase.drops", f"{kind} {one.name} is gone"
    labels = {one.name: one.labels for one in after.enumerations}
    for enumeration in before.enumerations:
        missing = [label for label in enumeration.labels if label not in labels.get(enumeration.name, (label,))]
        if missing:
            yield "phase.drops", f"type {enumeration.name} lost {', '.join(missing)}"


def _in_tables(before: Schema, after: Schema) -> Iterator[Lost]:
    now = {table.name: table for table in after.tables}
    for was in before.tables:
        if was.name in now:
            yield from _columns(was.name, was.columns, now[was.name].columns)
            yield from _constraints(was, now[was.name])


def _in_views(before: Schema, after: Schema) -> Iterator[Lost]:
    now = {view.name: view for view in after.views}
    for was in before.views:
        if was.name in now and now[was.name].definition != was.definition:
            yield "phase.changes-view", f"view {was.name} has another query"


def _columns(table: str, before: tuple[Column, ...], after: tuple[Column, ...]) -> Iterator[Lost]:
    now = {column.name: column for column in after}
    for was in before:
        column = now.get(was.name)
        if column is None:
            yield "phase.drops", f"column {table}.{was.name} is gone"
            continue
        if column.type != was.type:
            yield "phase.changes-type", _type_changed(table, was, column)
        if was.nullable and not column.nullable:
            yield "phase.requires", f"column {table}.{was.name} takes no NULL any more"
        elif was.may_be_left_out and not column.may_be_left_out:
            yield "phase.requires", f"column {table}.{was.name} has no default any more"
        if column.generated and not was.generated:
            yield "phase.requires", f"column {table}.{was.name} can no longer be written"
    known = {column.name for column in before}
    for column in after:
        if column.name not in known and not column.may_be_left_out:
            yield "phase.requires", f"the new column {table}.{column.name} must be given a value"


def _type_changed(table: str, was: Column, now: Column) -> str:
    return f"column {table}.{was.name} was {was.type} and is {now.type}"


def _constraints(before: Table, after: Table) -> Iterator[Lost]:
    old = {column.name for column in before.columns}
    for constraint in after.constraints:
        if not _same(constraint, before.constraints) and set(constraint.columns) <= old:
            yield "phase.narrows", f"{before.name} takes fewer rows than before: {constraint.definition}"
    for index in after.indexes:
        if index.unique and not _same_index(index, before.indexes) and set(index.columns) <= old:
            yield "phase.narrows", f"{before.name} takes fewer rows than before: unique {index.keys}"
    for constraint in before.constraints:
        if constraint.kind in _UNIQUE and not _same(constraint, after.constraints):
            yield "phase.drops", f"{constraint.kind.value} {constraint.name} of {before.name} is gone"
    if after.row_security and not before.row_security:
        yield "phase.narrows", f"row level security of {before.name} is on"


def _same(constraint: Constraint, among: tuple[Constraint, ...]) -> bool:
    """Whether a constraint is among these; one whose rows are now checked too demands what it did."""
    meant = constraint.definition.removesuffix(" NOT VALID")
    return any(one.definition.removesuffix(" NOT VALID") == meant for one in among)


def _same_index(index: Index, among: tuple[Index, ...]) -> bool:
    return any(one.definition == index.definition for one in among)
