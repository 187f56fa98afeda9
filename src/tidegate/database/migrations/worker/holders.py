"""Who keeps a statement from its lock, asked behind the wait for it: the longest transactions on its tables."""

import contextlib
from typing import Any

import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from tidegate.database.migrations.action import keys
from tidegate.database.migrations.statement import plain
from tidegate.model.database import Engine

LOCK = frozenset({"55P03", "40P01", "1205", "1213"})
"""What servers say where a lock was not obtained, or two wait for each other."""

_MOST = 3
_POSTGRESQL = """
SELECT c.relname, a.usename, a.application_name, a.pid, a.state, a.xact_start::timestamp(0)::text
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.locktype = 'relation' AND a.datname = current_database() AND a.pid <> pg_backend_pid()
ORDER BY a.xact_start, a.pid, c.relname
"""
_MYSQL = """
SELECT '', p.user, '', p.id, LOWER(p.command), t.trx_started
FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID() ORDER BY t.trx_started, p.id
"""
"""MySQL tells of locks on tables only where a plugin is loaded; whoever has a transaction open is shown instead."""


def holders(connection: sqlalchemy.Connection, engine: Engine, sql: str) -> str:
    """Who had what a statement waited for, for people; empty where nobody is seen, or we may not look."""
    about = keys(plain(sql))
    told: dict[int, str] = {}
    with contextlib.suppress(SQLAlchemyError):
        for table, user, application, process, state, since in _asked(connection, engine):
            if not table or str(table).lower() in about:
                told.setdefault(process, _one(table, user, application, process, state, since))
    return "; ".join(list(told.values())[:_MOST])


def _asked(connection: sqlalchemy.Connection, engine: Engine) -> list[Any]:
    query = _POSTGRESQL if engine is Engine.POSTGRESQL else _MYSQL
    try:
        return list(connection.exec_driver_sql(query))
    finally:
        connection.rollback()


def _one(table: str, user: str, application: str, process: int, state: str, since: object) -> str:
    who = f"{user} ({application})" if application else user
    details = [f"process {process}", *([str(state)] if state else []), *([f"since {since}"] if since else [])]
    return f"{table + ' by ' if table else ''}{who}, {', '.join(details)}"
