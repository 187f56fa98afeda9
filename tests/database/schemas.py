"""Any schema: for tests of what must hold for all of them."""

from hypothesis import strategies as st

from tidegate.model.schema import (
    Column,
    Composite,
    Constraint,
    ConstraintKind,
    Domain,
    Enumeration,
    Extension,
    Index,
    Policy,
    Routine,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
NAMES = st.text(st.sampled_from('abcXY_ "é'), min_size=1, max_size=6)
COLUMNS = st.builds(Column, NAMES, TEXTS, st.booleans(), TEXTS, TEXTS, TEXTS, TEXTS)
CONSTRAINTS = st.builds(
    Constraint, NAMES, st.sampled_from(ConstraintKind), st.lists(NAMES, max_size=2).map(tuple), TEXTS
)
INDEXES = st.builds(
    Index, NAMES, st.lists(NAMES, max_size=2).map(tuple), TEXTS, TEXTS, st.booleans(), TEXTS, st.booleans()
)
TRIGGERS = st.builds(Trigger, NAMES, TEXTS, st.sampled_from(["origin", "disabled", "replica", "always"]))
POLICIES = st.builds(Policy, NAMES, TEXTS)


def some(of: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    """A tuple of things with different names, sorted as a catalog's are."""
    return st.lists(of, max_size=most, unique_by=lambda one: one.name).map(
        lambda many: tuple(sorted(many, key=lambda one: str(one.name)))
    )


TABLES = st.builds(
    Table,
    NAMES,
    some(COLUMNS),
    some(CONSTRAINTS),
    some(INDEXES),
    some(TRIGGERS, 2),
    some(POLICIES, 2),
    st.sampled_from(["", "enabled", "forced"]),
    st.sampled_from(["permanent", "unlogged"]),
    TEXTS,
    st.sampled_from(["", "", "parent"]),
    TEXTS,
    st.lists(NAMES, max_size=1).map(tuple),
)
VIEWS = st.builds(
    View,
    NAMES,
    TEXTS,
    st.booleans(),
    st.booleans(),
    st.lists(TEXTS, max_size=2).map(tuple),
    some(INDEXES),
    some(TRIGGERS, 1),
)
SCHEMAS = st.builds(
    Schema,
    engine=st.sampled_from(["postgresql", "mysql"]),
    version=st.sampled_from(["16.14", "15.4"]),
    tables=some(TABLES),
    views=some(VIEWS, 2),
    sequences=some(st.builds(Sequence, NAMES, TEXTS, TEXTS, st.booleans()), 2),
    enumerations=some(st.builds(Enumeration, NAMES, st.lists(TEXTS, max_size=3, unique=True).map(tuple)), 2),
    domains=some(st.builds(Domain, NAMES, TEXTS), 2),
    composites=some(st.builds(Composite, NAMES, some(COLUMNS)), 1),
    routines=some(st.builds(Routine, NAMES, TEXTS, st.sampled_from(["function", "procedure", "aggregate"])), 2),
    extensions=some(st.builds(Extension, NAMES, TEXTS), 2),
)
