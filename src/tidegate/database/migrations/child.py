"""Asks the child in which a product's revisions run: one request, what it tells on the way, and its answer."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tidegate.database.access import Access
from tidegate.database.faults import scrubbed
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.wire import Message, access_message, failure_from
from tidegate.model.database import Engine
from tidegate.process import converse, without_credentials

WORKER = "tidegate.database.migrations.worker"

Told = Callable[[Message], Awaitable[Message | None]]
"""Hears of what happens; what it returns is the answer where the child waits for one."""


async def ask(
    verb: str,
    root: Path,
    folder: str,
    engine: Engine,
    *,
    access: Access | None = None,
    told: Told | None = None,
    **more: object,
) -> Any:
    """Let the child do something with the revisions, and return its answer.

    Args:
        verb: What to do, see `worker.__main__`.
        root: The product's folder.
        folder: Alembic's folder below it.
        engine: The flavour of SQL.
        access: The database, for what needs one. Its password goes through the pipe and nowhere else.
        told: Called with what the child tells on the way.
        more: What the verb needs.

    Raises:
        Failure: What the child tells of; `MigrationFailed` when it died.
    """
    request = {"verb": verb, "root": str(root.resolve()), "folder": folder, "engine": engine.value, **more}
    if access:
        request["access"] = access_message(access)
    secret = access.password if access else ""
    environment = without_credentials(os.environ) | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    async with converse((sys.executable, "-P", "-m", WORKER), cwd=root, env=environment) as talk:
        await talk.tell(request)
        while message := await talk.hear():
            if "done" in message:
                return message["done"]
            if "failed" in message:
                raise failure_from(message)
            answer = await told(message) if told else None
            if message.get("waits"):
                await talk.tell(answer or {})
        words = "; ".join((await talk.last_words())[-3:])
    raise MigrationFailed(
        f"the process that runs the migrations ended in the middle: {scrubbed(words, secret) or 'no word of why'}",
        where=folder,
        what_next="look at what the database has: `tidegate migrate status ENV`; then again",
        kind="died",
    )
