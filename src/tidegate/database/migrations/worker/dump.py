"""A database's schema as lines, to be compared with itself behind a way up and down: by pg_dump where it is at hand."""

from tidegate.database import dump as dumps
from tidegate.database.access import Access
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.errors import DatabaseError


def dump(program: str, access: Access) -> tuple[str, ...]:
    """The lines of `pg_dump --schema-only` that say something, in its own order.

    Raises:
        MigrationFailed: When it cannot do its work.
    """
    try:
        text = dumps.dump(program, access)
    except DatabaseError as error:
        raise MigrationFailed(error.what, where=error.where) from None
    return tuple(line for line in text.splitlines() if line and not line.startswith(dumps.NOISE))
