"""What a statement that ran outside of a transaction and was cut off left behind, and whether it was done after all.

PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently": a build that fails leaves an INVALID index.
"""

import re
from typing import Any

from tidegate.database.migrations.action import QUALIFIED
from tidegate.database.migrations.statement import plain

_CREATE = re.compile(
    rf"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?({QUALIFIED}) ON (?:ONLY )?({QUALIFIED})",
    re.IGNORECASE,
)
_DROP = re.compile(rf"DROP INDEX CONCURRENTLY (?:IF EXISTS )?({QUALIFIED})$", re.IGNORECASE)
_REINDEX = re.compile(rf"REINDEX (?:\(.*\) )?(INDEX|TABLE) CONCURRENTLY ({QUALIFIED})", re.IGNORECASE)

_INDEX = """
SELECT i.indisvalid, i.indrelid = to_regclass(%s) FROM pg_index i WHERE i.indexrelid = to_regclass(%s)
"""
_REBUILT = """
SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relname ~ '_ccnew[0-9]*$' AND (i.indrelid = to_regclass(%s) OR i.indrelid = (
  SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass(%s)))
"""


def settled(driver: Any, sql: str) -> tuple[bool, str]:  # psycopg's connection, in autocommit
    """Drop what an earlier try of a statement left INVALID; tell whether the statement is done already, and a note.

    Raises:
        psycopg.Error: As the server says.
    """
    words = plain(sql)
    if found := _CREATE.match(words):
        return _index(driver, found[1], found[2])
    if found := _DROP.match(words):
        gone = driver.execute("SELECT to_regclass(%s) IS NULL", (found[1],)).fetchone()[0]
        return (True, f"index {found[1]} is gone already") if gone else (False, "")
    if found := _REINDEX.match(words):
        names = [row[0] for row in driver.execute(_REBUILT, (found[2], found[2])).fetchall()]
        for name in names:
            driver.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # regclass::text is quoted as it must be
        return False, f"dropped {', '.join(names)}, which an earlier try left INVALID" if names else ""
    return False, ""


def _index(driver: Any, index: str, table: str) -> tuple[bool, str]:
    found = driver.execute(_INDEX, (table, _beside(index, table))).fetchone()
    if found is None:
        return False, ""
    valid, same_table = found
    if not same_table:
        return False, ""  # another table's: the statement itself says so
    if valid:
        return True, f"index {index} is there already"
    driver.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_beside(index, table)}")
    return False, f"dropped index {index}, which an earlier try left INVALID"


def _beside(index: str, table: str) -> str:
    """An index lies in the schema of its table."""
    schema, dot, _ = table.rpartition(".")
    return index if "." in index else f"{schema}{dot}{index}"
