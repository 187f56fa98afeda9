"""A ledger that is not as it was written, on the command line: named, left alone, and what is whole is offered."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan

RUNS = 3


@pytest.fixture
def ledger(tidegate: CommandLine) -> Path:
    """The ledger of three runs that ended."""
    plan = Plan("c" * 40, None, (Job("test", Duty.CHECK),))
    with tidegate.project.ledger() as book:
        for _ in range(RUNS):
            run = book.open_run(plan.commit, "main", None, "push", plan).id
            book.run_started(run, 1, "elsewhere")
            book.job_started(run, "test")
            book.job_ended(run, "test", JobReport(Phase.SUCCEEDED, "3 checks passed"))
            book.run_ended(run, Phase.SUCCEEDED)
    return tidegate.project.home.ledger


@contextmanager
def opened(ledger: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
        yield connection


def harm(ledger: Path, stream: str, seq: int, *, cut: bool) -> None:
    """Change one byte in the middle of a record, or cut the record there."""
    with opened(ledger) as connection:
        where = "WHERE stream = ? AND seq = ?"
        body = connection.execute(f"SELECT body FROM records {where}", (stream, seq)).fetchone()[0]
        middle = len(body) // 2
        harmed = body[:middle] if cut else body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        connection.execute(f"UPDATE records SET body = ? {where}", (harmed, stream, seq))


@pytest.mark.parametrize("cut", [False, True], ids=["a changed byte", "a cut record"])
def test_a_damaged_record_is_named_and_what_is_whole_is_offered(
    tidegate: CommandLine, ledger: Path, tmp_path: Path, *, cut: bool
) -> None:
    harm(ledger, "run/2", 4, cut=cut)
    before = ledger.read_bytes()
    for command in (("status", "2"), ("history",), ("ledger", "check")):
        done = tidegate(*command)
        assert done.returncode == 4, (command, done.stderr)
        assert "run/2 record 4: the ledger is damaged" in done.stderr, command
        assert "records 1 to 3 of run/2 are intact" in done.stderr, command
        assert "`tidegate ledger salvage FILE`" in done.stderr, command
    assert ledger.read_bytes() == before
    saved = tmp_path / "saved.db"
    done = tidegate("ledger", "salvage", str(saved))
    assert done.returncode == 4, "something was lost, and is told"
    assert "run/2 record 4" in done.stderr
    saved.replace(ledger)
    assert tidegate("ledger", "check").returncode == 0
    assert tidegate("status", "1").returncode == 0
    assert "pending" not in tidegate("status", "3").stdout


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_is_told_and_left_alone(tidegate: CommandLine, ledger: Path, share: float) -> None:
    content = ledger.read_bytes()
    ledger.write_bytes(content[: int(len(content) * share)])
    before = ledger.read_bytes()
    done = tidegate("ledger", "check")
    assert done.returncode == 4, done.stderr
    assert "next:" in done.stderr
    assert ledger.read_bytes() == before


@pytest.mark.parametrize("command", [("status",), ("resume",), ("cancel", "3"), ("ledger", "check")], ids=" ".join)
def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(
    tidegate: CommandLine, ledger: Path, command: tuple[str, ...]
) -> None:
    with opened(ledger) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = ledger.read_bytes()
    done = tidegate(*command)
    assert done.returncode == 4, done.stderr
    assert "schema version 99" in done.stderr
    assert "newer" in done.stderr
    assert ledger.read_bytes() == before
