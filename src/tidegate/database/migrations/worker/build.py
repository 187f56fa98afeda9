"""Applies revisions to an empty database."""

import contextlib
from collections.abc import Mapping
from typing import Any

from tidegate.database.access import Access, connect
from tidegate.database.migrations.worker.running import Running
from tidegate.database.migrations.worker.script import Scripts


def build(scripts: Scripts, access: Access, request: Mapping[str, Any]) -> list[str]:
    """Apply the revisions of the request, in the history's order; return them.

    Raises:
        MigrationFailed: When one fails.
    """
    wanted = frozenset(request["revisions"])
    connection = connect(access, lock_timeout_seconds=30, statement_timeout_seconds=600)
    with contextlib.closing(connection):
        running = Running(scripts, connection, access, lambda _: None)
        done = [revision for revision in scripts.history.revisions if revision.id in wanted]
        for revision in done:
            running.run(revision, up=True)
    return [revision.id for revision in done]
