"""A database's schema as text, to be compared: by pg_dump where it is at hand."""

import os
import subprocess
import tempfile
from pathlib import Path

from tidegate.database.access import Access
from tidegate.database.faults import scrubbed
from tidegate.database.migrations.refusals import MigrationFailed


def dump(program: str, access: Access) -> tuple[str, ...]:
    """The lines of `pg_dump --schema-only` that say something, in its own order.

    Raises:
        MigrationFailed: When it cannot do its work.
    """
    with tempfile.NamedTemporaryFile("w", prefix="tidegate-", suffix=".pass") as secret:
        secret.write(":".join(_escaped(one) for one in ("*", "*", "*", access.user, access.password)) + "\n")
        secret.flush()
        command = [program, "--schema-only", "--no-owner", "--no-privileges", "--exclude-table=alembic_version"]
        command += [f"--host={access.host}", f"--port={access.port}", f"--username={access.user}", "--no-password"]
        environment = {"PGPASSFILE": secret.name, "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
        ended = subprocess.run(
            [*command, access.database], env=environment, capture_output=True, text=True, check=False
        )
    if ended.returncode:
        raise MigrationFailed(
            f"the dump failed: {scrubbed(ended.stderr.strip(), access.password)[:300]}", where=Path(program).name
        )
    return tuple(line for line in ended.stdout.splitlines() if line and not line.startswith(_NOISE))


_NOISE = ("--", "\\restrict", "\\unrestrict", "SET ", "SELECT pg_catalog.set_config")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")
