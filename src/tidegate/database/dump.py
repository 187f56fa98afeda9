"""Dump: a PostgreSQL schema as `pg_dump` writes it, and what it says that the catalog's reading does not."""

import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tidegate.database.access import Access
from tidegate.database.difference import Difference, Kind, Weight
from tidegate.database.faults import scrubbed
from tidegate.errors import DatabaseError

_OPTIONS = ("--schema-only", "--no-owner", "--no-privileges")
_WITHOUT = ("--no-comments", "--no-publications", "--no-subscriptions", "--no-security-labels")
_HEAD = re.compile(r"--\n-- Name: (?P<name>.+); Type: (?P<kind>[A-Z ]+); Schema: (?P<schema>.+); Owner: ?.*\n--\n")
NOISE = ("--", "\\restrict", "\\unrestrict", "SET ", "SELECT pg_catalog.set_config")
"""Beginnings of lines that say nothing of a schema."""

_BY_ANOTHER_NAME = frozenset({"SEQUENCE", "SEQUENCE OWNED BY", "SEQUENCE SET", "DEFAULT", "INDEX ATTACH"})
"""What the catalog's reading knows by its column or its table: the names in a dump may differ."""

_READ = _BY_ANOTHER_NAME | frozenset(
    {
        *(
            "TABLE",
            "TABLE ATTACH",
            "FOREIGN TABLE",
            "VIEW",
            "MATERIALIZED VIEW",
            "INDEX",
            "CONSTRAINT",
            "FK CONSTRAINT",
        ),
        *("CHECK CONSTRAINT", "TRIGGER", "POLICY", "ROW SECURITY", "FUNCTION", "PROCEDURE", "AGGREGATE", "DOMAIN"),
        *("EXTENSION", "SCHEMA", "COMMENT"),
    }
)
"""Whose presence the catalog's reading tells; of those that both sides have, the dump may say more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing of a dump.

    Attributes:
        name: Without its schema; of what belongs to a table, both: `funds funds_pkey`.
        kind: As the dump calls it, such as `RULE`.
        statement: The statements that make it, in one line.
        lines: The same line by line, without what only parts them.
    """

    name: str
    kind: str
    statement: str
    lines: tuple[str, ...]

    @property
    def about(self) -> tuple[str, str]:
        """Table and what is in it."""
        table, _, rest = self.name.partition(" ")
        return (table, rest) if rest and "(" not in self.name else (self.name, "")


def dump(program: str, access: Access, *more: str) -> str:
    """What `pg_dump --schema-only` writes, Alembic's own table left out; the password is in no argument.

    Args:
        program: The pg_dump of the server's major version.
        access: The database; its user must be allowed to SELECT from the tables.
        more: Options.

    Raises:
        errors.DatabaseError: It could not be made.
    """
    with tempfile.NamedTemporaryFile("w", prefix="tidegate-", suffix=".pass") as secret:
        secret.write(":".join(_escaped(one) for one in ("*", "*", "*", access.user, access.password)) + "\n")
        secret.flush()
        command = [program, *_OPTIONS, "--exclude-table=alembic_version", "--lock-wait-timeout=10s", *more]
        command += [f"--host={access.host}", f"--port={access.port}", f"--username={access.user}", "--no-password"]
        environment = {"PGPASSFILE": secret.name, "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
        environment["PGCONNECT_TIMEOUT"] = "10"
        ended = subprocess.run(
            [*command, access.database], env=environment, capture_output=True, text=True, check=False
        )
    if ended.returncode:
        raise DatabaseError(
            f"the dump failed: {scrubbed(' '.join(ended.stderr.split()), access.password)[:300]}",
            where=f"{Path(program).name}, {access.where}",
            what_next="the user of the secret needs SELECT on all tables (`GRANT pg_read_all_data TO …`)",
        )
    return ended.stdout


def dump_of_schema(program: str, access: Access) -> str:
    """The dump that the schema gate compares: without comments and without what differs by environment.

    Raises:
        errors.DatabaseError: As `dump`.
    """
    return dump(program, access, *_WITHOUT)


def entries(text: str) -> dict[tuple[str, str], Entry]:
    """The things of a dump, by kind and name with its schema."""
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    found = {}
    for head, end in zip(heads, ends, strict=False):
        written = (line.strip() for line in text[head.end() : end].splitlines())
        kept = [line for line in written if line and not line.startswith(NOISE)]
        lines = tuple(line.rstrip(",;") for line in kept)
        entry = Entry(head["name"], head["kind"], " ".join(kept).rstrip(";"), lines)
        found[entry.kind, f"{head['schema']}.{entry.name}"] = entry
    return found


def only_in_dumps(expected: str, found: str, known: Iterable[Difference]) -> Iterator[Difference]:
    """What two dumps of one server version differ in, and the catalog's reading did not tell.

    Args:
        expected: The dump of what the code expects.
        found: That of the database.
        known: What was told already: a table in which something differs is not told twice.
    """
    told = _Told(known)
    here, there = entries(expected), entries(found)
    for key, one in here.items():
        if one.kind in _BY_ANOTHER_NAME or told.has(one):
            continue
        other = there.get(key)
        if other is not None:
            yield from _differing(one, other)
        elif one.kind not in _READ:
            yield Difference(*one.about, Kind.DUMP, one.statement, "", (one.statement,))
    for key, other in there.items():
        if key not in here and other.kind not in _READ and not told.has(other):
            yield Difference(*other.about, Kind.DUMP, "", other.statement, weight=Weight.NOTED)


class _Told:
    """What differences are about, as a dump names it: without a schema, an index without its table."""

    def __init__(self, known: Iterable[Difference]) -> None:
        differences = tuple(known)
        self._tables = {name for one in differences for name in (one.table, one.table.rpartition(".")[2])}
        self._parts = {one.column for one in differences if one.column}

    def has(self, entry: Entry) -> bool:
        """Whether a difference was told of the entry, or of the table that it belongs to."""
        return entry.name in self._tables | self._parts or entry.about[0] in self._tables


def _differing(one: Entry, other: Entry) -> Iterator[Difference]:
    """Columns may stand in another order: lines are counted, not put side by side."""
    here, there = Counter(one.lines), Counter(other.lines)
    missing, more = ("; ".join((left - right).elements()) for left, right in ((here, there), (there, here)))
    if missing or more:
        remedy = (missing,) if missing.startswith("ALTER ") else ()
        weight = Weight.LOOSER if missing else Weight.NOTED
        yield Difference(*one.about, Kind.DUMP, missing, more, remedy, weight)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")
