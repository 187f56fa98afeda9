"""squawk over the SQL of revisions: where it is, how it is asked, and what it found."""

import json
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tidegate.database.migrations.finding import Finding, judged
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.revision import Revision
from tidegate.database.migrations.severities import OPT_IN, Severity
from tidegate.database.migrations.statement import Statement
from tidegate.process import run, without_credentials

OLDEST_SERVER = "13.0"
"""What is assumed of a server that was not asked; Aurora has none that is older and still supported."""


def squawk() -> Path | None:
    """The program: the one that came with Tidegate, else the one on PATH."""
    beside = shutil.which("squawk", path=sysconfig.get_path("scripts"))
    found = beside or shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which("squawk")
    return Path(found) if found else None


async def look(
    revisions: Sequence[tuple[Revision, Sequence[Statement]]], program: Path | None, version: str = OLDEST_SERVER
) -> tuple[Finding, ...]:
    """What squawk finds in the statements of these revisions.

    Raises:
        MigrationFailed: When it is not there, or does not do its work: no look is no pass.
    """
    if program is None:
        raise MigrationFailed(
            "squawk is not installed, and without it no migration of PostgreSQL is judged",
            what_next="pip install 'tidegate[database]', or put squawk on PATH",
            kind="lint",
        )
    with tempfile.TemporaryDirectory(prefix="tidegate-lint-") as room:
        return tuple(
            [
                finding
                for revision, statements in revisions
                if statements
                for finding in await _look_at(revision, statements, program, Path(room), version)
            ]
        )


async def _look_at(
    revision: Revision, statements: Sequence[Statement], program: Path, room: Path, version: str
) -> list[Finding]:
    lines: list[Statement] = []
    text = ""
    for statement in statements:
        sql = _without_orders(statement.sql).rstrip().removesuffix(";") + ";\n"
        lines += [statement] * sql.count("\n")
        text += sql
    (room / "revision.sql").write_text(text, encoding="utf-8")
    (room / ".squawk.toml").write_text("", encoding="utf-8")  # what the product says of squawk does not count here
    command = [str(program), "--reporter=json", f"--pg-version={version}", "--config=.squawk.toml"]
    command += [f"--include={rule}" for rule in OPT_IN]
    if not any(statement.alone for statement in statements):
        command.append("--assume-in-transaction")
    ended = await run([*command, "revision.sql"], cwd=room, env=without_credentials(os.environ), timeout=60)
    try:
        found = json.loads("\n".join(ended.tail) or "null")
        told = [(one, lines[min(one["line"], len(lines) - 1)]) for one in found]
    except (ValueError, TypeError, KeyError) as unread:
        raise MigrationFailed(
            f"squawk did not judge revision {revision.id}: it ended with {ended.code}: {' '.join(ended.tail)[:300]}",
            where=revision.where,
            revision=revision.id,
            kind="lint",
        ) from unread
    findings = [
        judged(revision, one["rule_name"], statement.where, one["message"], one.get("help") or "")
        for one, statement in told
    ]
    return [finding for finding in findings if finding.severity is not Severity.OFF]


def _without_orders(sql: str) -> str:
    """SQL without squawk's own comments: what a rule does is said in one table, what is accepted in the revision."""
    return "\n".join(line for line in sql.splitlines() if "squawk-ignore" not in line)
