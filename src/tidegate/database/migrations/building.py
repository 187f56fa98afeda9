"""Builds a database from nothing: the revisions that are named, in a child."""

from collections.abc import Sequence
from pathlib import Path

from tidegate.database.access import Access
from tidegate.database.migrations.child import ask
from tidegate.model.database import DatabaseSpec


async def build(root: Path, spec: DatabaseSpec, access: Access, revisions: Sequence[str]) -> None:
    """Apply revisions to an empty database that nobody else uses.

    Args:
        root: The product's folder.
        spec: Where its migrations are.
        access: The database.
        revisions: Which, each behind all that it needs.

    Raises:
        Failure: As `applying.apply`.
    """
    assert spec.migrations
    await ask("build", root, spec.migrations, spec.engine, access=access, revisions=list(revisions))
