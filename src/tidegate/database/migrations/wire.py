"""What travels between Tidegate and the child in which revisions run: values as JSON, and failures as what they are."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tidegate.database.access import Access
from tidegate.database.faults import scrubbed
from tidegate.database.migrations.refusals import Ahead, Blocked, HistoryError, MigrationFailed, NotLossless
from tidegate.database.migrations.statement import Statement
from tidegate.errors import DatabaseError, Failure

Message = Mapping[str, Any]

_KINDS: dict[str, type[Failure]] = {
    kind.__name__: kind for kind in (Ahead, Blocked, HistoryError, MigrationFailed, NotLossless, DatabaseError)
}


def access_message(access: Access) -> Message:
    """An access with its password: for the pipe alone."""
    return {**asdict(access), "engine": access.engine.value}


def failure_message(failure: Failure, password: str) -> Message:
    """A failure, without the password."""
    extra = {
        name: getattr(failure, name) for name in ("revision", "statement", "kind", "code") if hasattr(failure, name)
    }
    told = {name: scrubbed(getattr(failure, name), password) for name in ("what", "where", "what_next")}
    return {"failed": {**told, "type": type(failure).__name__, **extra}}


def failure_from(message: Message) -> Failure:
    """The failure that a message tells of."""
    told = dict(message["failed"])
    kind = _KINDS.get(told.pop("type", ""), Failure)
    return kind(told.pop("what"), **told)


def statement_from(message: Message) -> Statement:
    """A statement that a message tells of."""
    return Statement(**message)
