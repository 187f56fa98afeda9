"""How far a revision is on an engine where each statement of DDL commits: kept in the database, so that it is resumed.

MariaDB and MySQL commit before and after each statement of DDL (MariaDB documentation, "SQL statements that cause an
implicit commit"), and each such statement happens whole or not at all (atomic DDL: MariaDB 10.6, MySQL 8.0). The table
is there only while a revision is under way.
"""

import hashlib
import re
from typing import Any

from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.statement import plain

TABLE = "tidegate_migration_step"
NOTHING = "DO 0"

_FIND = f"SELECT number, digest, done FROM {TABLE} WHERE revision = %s"  # noqa: S608 - a constant
_BEGIN = f"REPLACE INTO {TABLE} VALUES (%s, %s, %s, 0)"  # noqa: S608 - a constant
_DONE = f"REPLACE INTO {TABLE} VALUES (%s, %s, %s, 1)"  # noqa: S608 - a constant
_REFUSED = f"DELETE FROM {TABLE} WHERE revision = %s AND number = %s AND done = 0"  # noqa: S608 - a constant

_DDL = re.compile(r"(CREATE|ALTER|DROP|RENAME|TRUNCATE|GRANT|REVOKE|ANALYZE|OPTIMIZE)\b", re.IGNORECASE)
_READS = re.compile(r"(SELECT|SHOW|DESCRIBE|EXPLAIN|SET|DO|USE)\b", re.IGNORECASE)
_SO_ALREADY = frozenset({1007, 1008, 1050, 1051, 1060, 1061, 1091, 1304, 1305, 1359, 1360, 1537, 1826, 4092, 121})
"""Errors of a statement whose effect is there: exists, does not exist (MariaDB documentation, "Error Codes")."""


class Progress:
    """The steps of one revision. Takes the driver's connection, since the migration's own transaction is no place.

    Attributes:
        carried_out: Number of the last statement whose effect stays, whatever comes; 0 before the first.
    """

    def __init__(self, driver: Any, revision: str) -> None:
        """Look at what an earlier process did of the revision."""
        self._driver = driver
        self._revision = revision
        self._run(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (revision VARCHAR(64) NOT NULL, number INT NOT NULL, "
            "digest CHAR(16) NOT NULL, done BOOL NOT NULL, PRIMARY KEY (revision, number)) ENGINE=InnoDB"
        )
        rows = self._run(_FIND, revision)
        self._found = {number: (digest, bool(done)) for number, digest, done in rows}
        driver.commit()
        self.carried_out = max((number for number, (_, done) in self._found.items() if done), default=0)

    def before(self, number: int, sql: str, parameters: Any, where: str) -> str:
        """Record that a statement is about to run; returns what is to run in its place, mostly itself.

        Raises:
            MigrationFailed: When the file changed behind the place where the revision broke off.
        """
        if _READS.match(plain(sql)):
            return sql
        digest, (known, done) = _digest(sql), self._found.get(number, ("", False))
        if done and known != digest:
            raise MigrationFailed(
                f"statement {number} of revision {self._revision} is not the one that was carried out before",
                where=where,
                what_next="leave the statements before the place where it broke off as they were",
                revision=self._revision,
                statement=number,
                kind="changed",
            )
        if done:
            return NOTHING
        if not _is_ddl(sql):
            return sql
        self._run(_BEGIN, self._revision, number, digest)
        self._driver.commit()
        self.carried_out = number - 1
        if known == digest:
            self._again(sql, parameters)
            return NOTHING
        return sql

    def after(self, number: int, sql: str) -> None:
        """Record that it ran. Of what changes rows, in the same transaction."""
        if _READS.match(plain(sql)):
            return
        self._run(_DONE, self._revision, number, _digest(sql))
        if _is_ddl(sql):
            self._driver.commit()
            self.carried_out = number

    def refused(self, number: int) -> None:
        """Record that it did not happen: the server said no."""
        self._run(_REFUSED, self._revision, number)
        self._driver.commit()

    def forget(self) -> None:
        """The revision is applied: drop the table. Commits."""
        self._driver.commit()
        self._run(f"DROP TABLE IF EXISTS {TABLE}")

    def _again(self, sql: str, parameters: Any) -> None:
        """Do what an earlier process began, without knowing what came of it."""
        try:
            with self._driver.cursor() as cursor:
                cursor.execute(sql, parameters or None)
        except Exception as error:
            if not (error.args and error.args[0] in _SO_ALREADY):
                raise

    def _run(self, sql: str, *values: object) -> Any:
        with self._driver.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall()


def _is_ddl(sql: str) -> bool:
    return _DDL.match(plain(sql)) is not None


def _digest(sql: str) -> str:
    return hashlib.sha256(plain(sql).encode()).hexdigest()[:16]
