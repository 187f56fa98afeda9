"""The rules of ours: what a statement does to the release before, and to those who wait. Pure, for both engines.

They read words, so a body of PL/pgSQL hides from them; what it did is seen in the round trip (`keeping`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tidegate.database.migrations.action import NAME, QUALIFIED, altered, key, keys
from tidegate.database.migrations.finding import Finding, judged
from tidegate.database.migrations.revision import Revision
from tidegate.database.migrations.statement import Statement, plain, split
from tidegate.model.database import Engine

Said = tuple[str, str, str]
"""Rule, what the statement does, what to write instead."""

_VOLATILE = re.compile(
    r"DEFAULT .*\b(random|gen_random_uuid|uuid_generate_v\w+|clock_timestamp|timeofday|nextval|txid_current)\s*\(",
    re.IGNORECASE,
)
_REWRITING = re.compile(
    r"GENERATED ALWAYS AS \(.*\) STORED|GENERATED (ALWAYS|BY DEFAULT) AS IDENTITY|\b(big|small)?serial\b", re.IGNORECASE
)
_KINDS = "TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE|TYPE|DOMAIN|SCHEMA|FUNCTION|PROCEDURE|AGGREGATE|EXTENSION"
_CONSTRAINTS = "CHECK|FOREIGN KEY|UNIQUE(?: INDEX| KEY)?|PRIMARY KEY|EXCLUDE"
_LATER = "do it in a contract revision that depends_on this one"
_ALONE = (
    r"(CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX CONCURRENTLY|REINDEX (\(.*\) )?\w+ CONCURRENTLY|VACUUM\b(?! FULL)"
    r"|ANALYZE|ALTER TYPE .* ADD VALUE IF NOT EXISTS|ALTER TABLE .* (DETACH PARTITION .* (CONCURRENTLY|FINALIZE)"
    r"|VALIDATE CONSTRAINT .*)$|ALTER SYSTEM SET|UPDATE|DELETE|SET )"
)


@dataclass(slots=True)
class _Made:
    """What a revision made itself: nobody uses it yet."""

    tables: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)

    def has(self, table: str, column: str) -> bool:
        return table in self.tables or (table, column) in self.columns

    def has_all(self, table: str, columns: Iterable[str]) -> bool:
        return all(self.has(table, column) for column in columns)


def judge(revision: Revision, statements: Sequence[Statement], engine: Engine) -> Iterator[Finding]:
    """The findings of our own rules about the statements of one revision."""
    made = _Made()
    for statement in statements:
        for one in split(statement.sql):
            words = plain(one)
            for rule, what, mend in (*_said(words, made, engine), *_step(words, statement)):
                yield judged(revision, rule, statement.where, what, mend)
    if engine is Engine.POSTGRESQL:
        yield from _mixed(revision, statements)


def _mixed(revision: Revision, statements: Sequence[Statement]) -> Iterator[Finding]:
    alone = [statement for statement in statements if statement.alone]
    if alone and len(alone) < len(statements):
        yield judged(
            revision,
            "step.mixed",
            alone[0].where,
            "a revision with an autocommit_block has statements outside of it too",
            "give the block a revision of its own, so that a failure leaves nothing half done",
        )


def _step(words: str, statement: Statement) -> Iterator[Said]:
    if re.match(r"(BEGIN|COMMIT|ROLLBACK|START TRANSACTION|SAVEPOINT|RELEASE)\b", words, re.IGNORECASE):
        yield "step.own-transaction", f"{words.partition(' ')[0].upper()} in a revision", "Tidegate begins and commits"
    elif statement.alone and not re.match(_ALONE, words, re.IGNORECASE) and " EXISTS " not in words.upper():
        yield (
            "step.not-resumable",
            f"outside of a transaction: {statement.shown}",
            "only what can be done twice may stand in an autocommit_block: IF [NOT] EXISTS, CONCURRENTLY, UPDATE",
        )


def _said(words: str, made: _Made, engine: Engine) -> Iterator[Said]:
    if found := altered(words):
        table, actions = found
        for action in actions:
            yield from _alters(table, action, made, engine)
        return
    if found_table := re.match(
        rf"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?({QUALIFIED})|SELECT .* INTO ({QUALIFIED})",
        words,
        re.IGNORECASE,
    ):
        made.tables.add(key(found_table[1] or found_table[2]))
        return
    for pattern, tell in _STATEMENTS:
        if match := re.match(pattern, words, re.IGNORECASE):
            yield from tell(match, made)
            return


def _drops(found: re.Match[str], made: _Made) -> Iterator[Said]:
    kept = sorted(keys(re.sub(r"(?i)\b(cascade|restrict)$", "", found[2])) - made.tables)
    if kept:
        yield "phase.drops", f"drops {found[1].lower()} {', '.join(kept)}", _LATER


def _renames(found: re.Match[str], made: _Made) -> Iterator[Said]:
    if key(found[1]) not in made.tables:
        yield "phase.renames", f"renames {key(found[1])}", "add the new name, write both, drop the old one in contract"


def _deletes(found: re.Match[str], made: _Made) -> Iterator[Said]:
    if key(found[1]) not in made.tables:
        yield "phase.deletes-rows", f"deletes rows of {key(found[1])}", _LATER


def _updates(found: re.Match[str], made: _Made) -> Iterator[Said]:
    table = key(found[1])
    if table not in made.tables and not re.search(r"\bWHERE\b", found[0], re.IGNORECASE):
        mend = "update in batches with a WHERE, in an autocommit_block of its own revision"
        yield "lock.updates-all", f"locks every row of {table} until the transaction ends", mend


def _rewrites(found: re.Match[str], made: _Made) -> Iterator[Said]:
    if not made.tables & keys(found[0]):
        yield "lock.rewrites", f"holds everybody up while it rewrites: {found[0][:80]}", "use the CONCURRENTLY form"


def _unique_index(found: re.Match[str], made: _Made) -> Iterator[Said]:
    table, columns = key(found[1]), keys(found[2])
    if not made.has_all(table, columns):
        yield _narrowing(table, f"a unique index over {', '.join(sorted(columns))}")


def _narrowing(table: str, what: str) -> Said:
    return "phase.narrows", f"{table} takes fewer rows than before: {what}", _LATER


_STATEMENTS: tuple[tuple[str, Callable[[re.Match[str], _Made], Iterator[Said]]], ...] = (
    (rf"DROP ({_KINDS}) (?:IF EXISTS )?(.+)", _drops),
    (rf"RENAME TABLE ({QUALIFIED}) TO", _renames),
    (rf"ALTER (?:VIEW|MATERIALIZED VIEW|SEQUENCE|TYPE|DOMAIN|FUNCTION|SCHEMA) ({QUALIFIED}).* (?:RENAME|SET SCHEMA)\b",
     _renames),
    (rf"DELETE FROM (?:ONLY )?({QUALIFIED})", _deletes),  # noqa: S608 - a pattern, no statement
    (rf"TRUNCATE (?:TABLE )?(?:ONLY )?({QUALIFIED})", _deletes),
    (rf"UPDATE (?:ONLY )?({QUALIFIED}) .*", _updates),
    (r"VACUUM (?:\(.*\bFULL\b.*\)|FULL\b).*|CLUSTER\b.*|REFRESH MATERIALIZED VIEW (?!CONCURRENTLY).*|LOCK\b.*",
     _rewrites),
    (rf"CREATE UNIQUE INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(?:{NAME} )?ON (?:ONLY )?({QUALIFIED})[^(]*\((.*?)\)",
     _unique_index),
)  # fmt: skip


def _alters(table: str, action: str, made: _Made, engine: Engine) -> Iterator[Said]:
    for pattern, tell in _ACTIONS:
        if found := re.match(pattern, action, re.IGNORECASE):
            if table not in made.tables:
                yield from tell(found, table, made, engine)
            return


def _drops_column(found: re.Match[str], table: str, made: _Made, _: Engine) -> Iterator[Said]:
    if not made.has(table, key(found[1])):
        yield "phase.drops", f"drops column {table}.{key(found[1])}", _LATER


def _renames_in(found: re.Match[str], table: str, made: _Made, _: Engine) -> Iterator[Said]:
    old = key(found[1]) if found[1] else ""
    if not (old and made.has(table, old)):
        what = f"renames column {table}.{old}" if old else f"renames table {table}"
        yield "phase.renames", what, "add the new one, write both, drop the old one in contract"


def _changes(found: re.Match[str], table: str, made: _Made, engine: Engine) -> Iterator[Said]:
    column = key(found[1])
    if made.has(table, column):
        return
    new = found.groupdict().get("new")
    if new and key(new) != column:
        yield "phase.renames", f"renames column {table}.{column}", "add the new one, write both, drop the old one"
    mend = "add a column of the new type, write both, drop the old one in contract"
    yield "phase.changes-type", f"changes the type of {table}.{column}", mend
    if engine is Engine.MYSQL:
        yield "lock.rewrites", f"may copy {table} and hold writers up", mend


def _requires(found: re.Match[str], table: str, made: _Made, _: Engine) -> Iterator[Said]:
    if not made.has(table, key(found[1])):
        yield "phase.requires", f"requires a value in {table}.{key(found[1])}", _LATER


def _adds_column(found: re.Match[str], table: str, made: _Made, engine: Engine) -> Iterator[Said]:
    column, rest = key(found[1]), found[2]
    made.columns.add((table, column))
    filled = re.search(r"\b(DEFAULT|GENERATED|AUTO_INCREMENT|(big|small)?serial)\b", rest, re.IGNORECASE)
    if re.search(r"\bNOT NULL\b", rest, re.IGNORECASE) and not filled:
        mend = "add it nullable or with a default; SET NOT NULL in contract"
        yield "phase.requires", f"requires a value in the new column {table}.{column}", mend
    if engine is Engine.POSTGRESQL and (_VOLATILE.search(rest) or _REWRITING.search(rest)):
        mend = "add it nullable, set the default for new rows, fill the old ones in batches"
        yield "lock.rewrites", f"rewrites {table} under ACCESS EXCLUSIVE to fill {column}", mend


def _adds_constraint(found: re.Match[str], table: str, made: _Made, _: Engine) -> Iterator[Said]:
    kind, columns = found[1].lower(), keys(re.sub(r"''|\b\d+\b", "", found[2] or ""))
    about = {column for (of, column) in made.columns if of == table} & columns
    if not about:
        yield _narrowing(table, f"a {kind}")


def _protects(_: re.Match[str], table: str, __: _Made, ___: Engine) -> Iterator[Said]:
    yield _narrowing(table, "row level security")


def _rewrites_table(found: re.Match[str], table: str, _: _Made, __: Engine) -> Iterator[Said]:
    yield "lock.rewrites", f"rewrites {table} under ACCESS EXCLUSIVE: {found[0]}", ""


def _nothing(_: re.Match[str], __: str, ___: _Made, ____: Engine) -> Iterator[Said]:
    yield from ()


_ACTIONS: tuple[tuple[str, Callable[[re.Match[str], str, _Made, Engine], Iterator[Said]]], ...] = (
    (rf"ADD (?:CONSTRAINT (?:{NAME} )?)?({_CONSTRAINTS})\b[^(]*(?:\((.*?)\))?", _adds_constraint),
    (r"ADD (?:FULLTEXT |SPATIAL )?(?:INDEX|KEY)\b", _nothing),
    (rf"ADD (?:COLUMN )?(?:IF NOT EXISTS )?({NAME}) (.+)", _adds_column),
    (r"DROP (?:CONSTRAINT|INDEX|KEY|PRIMARY KEY|FOREIGN KEY|CHECK)\b", _nothing),
    (rf"DROP (?:COLUMN )?(?:IF EXISTS )?({NAME})", _drops_column),
    (r"RENAME (?:CONSTRAINT|INDEX|KEY)\b", _nothing),
    (r"RENAME (?:TO|AS)()\b", _renames_in),
    (rf"RENAME (?:COLUMN )?({NAME}) TO", _renames_in),
    (r"SET SCHEMA()\b", _renames_in),
    (rf"CHANGE (?:COLUMN )?({NAME}) (?P<new>{NAME})", _changes),
    (rf"MODIFY (?:COLUMN )?({NAME})", _changes),
    (rf"ALTER (?:COLUMN )?({NAME}) (?:SET DATA )?TYPE\b", _changes),
    (rf"ALTER (?:COLUMN )?({NAME}) (?:SET NOT NULL|DROP DEFAULT|DROP IDENTITY|DROP EXPRESSION)\b", _requires),
    (r"(?:ENABLE|FORCE) ROW LEVEL SECURITY", _protects),
    (r"SET (?:LOGGED|UNLOGGED|TABLESPACE|ACCESS METHOD)\b|CONVERT TO CHARACTER SET|ENGINE\b|ALGORITHM ?= ?COPY",
     _rewrites_table),
)  # fmt: skip
