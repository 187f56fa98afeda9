import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.contract.racing import race
from tidegate.errors import LedgerError
from tidegate.ledger.environment import EnvironmentView
from tidegate.ledger.ledger import Ledger, open_ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.refusals import Damaged
from tidegate.ledger.sqlite import SCHEMA_VERSION, SqliteStore
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan
from tidegate.model.release import Release
from tidegate.model.run import RunView

Seen = tuple[list[RunView], list[EnvironmentView], list[Release], object]


def fill(path: Path) -> Seen:
    """A small ledger with something in every stream; closed, so that all of it is in one file."""
    with open_ledger(path, lambda: 1.0) as ledger:
        plan = Plan("c1", None, tuple(Job(f"job-{number}", Duty.CHECK) for number in range(5)))
        for _ in range(3):
            run = ledger.open_run("c1", "main", None, "push", plan).id
            for job in plan.jobs:
                ledger.job_started(run, job.name)
                ledger.job_ended(run, job.name, JobReport(Phase.SUCCEEDED))
            ledger.acquire("prod", run, "p", "", 60)
            ledger.record_intent("prod", run, f"r{run}", {"api": run})
            ledger.went_live("prod", run, f"r{run}")
            ledger.release_lock("prod", run)
            ledger.run_ended(run, Phase.SUCCEEDED)
        return seen(ledger)


def seen(ledger: Ledger) -> Seen:
    return (
        ledger.runs(),
        [ledger.environment(name) for name in ledger.environments()],
        ledger.releases(),
        ledger.expected_times(),
    )


def test_it_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "deep" / "er" / "ledger.db") as store:
        execute = store._connection.execute
        assert execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert execute("PRAGMA synchronous").fetchone() == (1,)
        assert execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_a_closed_ledger_is_one_file(tmp_path: Path) -> None:
    fill(tmp_path / "ledger.db")
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = fill(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(LedgerError, match=f"schema version {SCHEMA_VERSION + 1}") as refused:
        open_ledger(path)
    assert refused.value.exit_code == 4
    assert "newer" in refused.value.what_next
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    with open_ledger(path) as ledger:
        assert seen(ledger) == before


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="not a ledger"):
        open_ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello, I am no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 500])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(LedgerError) as refused:
        open_ledger(path)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["file/ledger.db", "folder"])
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(LedgerError) as refused:
        open_ledger(tmp_path / name)
    assert str(tmp_path) in str(refused.value)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "ledger.db")
    store.close()
    with pytest.raises(LedgerError, match="closed"):
        store.length("runs")


def test_another_writer_that_never_ends_is_named_after_a_while(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with SqliteStore(path, busy_seconds=0.05) as store:
        store.append("runs", 0, b"a")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerError, match="another process"):
                store.append("runs", 1, b"b")
            assert store.length("runs") == 1
            other.execute("ROLLBACK")
        assert store.append("runs", 1, b"b") == 2


def test_a_full_file_is_refused_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = fill(path)
    with SqliteStore(path) as store:
        ledger = Ledger(store, lambda: 2.0)
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerError, match="disk is full") as refused:
            ledger.note("1", "", "x" * 100_000)
        assert refused.value.exit_code == 4
        assert seen(ledger) == before
        assert ledger.verify() == []
        store._connection.execute("PRAGMA max_page_count = 1000000")
        ledger.note("1", "", "room again")
        assert ledger.run("1").notes[-1].text == "room again"


FULL_DISK = """
import resource, sys
from pathlib import Path
from tidegate.errors import LedgerError
from tidegate.ledger.ledger import open_ledger
ledger = open_ledger(Path(sys.argv[1]), lambda: 2.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
kept = 0
try:
    while True:
        ledger.note("1", "", f"{kept} " + "x" * 3000)
        kept += 1
except LedgerError as error:
    print(kept, error.exit_code, len(ledger.run("1").notes), ledger.verify())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ledger.close()
"""


def test_writes_that_the_system_refuses_leave_what_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path)
    answer = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    kept, code, notes, damage = answer.stdout.split()
    assert (code, damage) == ("4", "[]")
    assert int(kept) == int(notes) > 5
    with open_ledger(path) as ledger:
        assert [note.text.split()[0] for note in ledger.run("1").notes] == [str(number) for number in range(int(kept))]
        assert ledger.verify() == []


APPENDER = """
import sys
from pathlib import Path
from tidegate.ledger.ledger import open_ledger
ledger = open_ledger(Path(sys.argv[1]), lambda: 2.0)
number = 0
while True:
    ledger.note("1", "", str(number))
    sys.stdout.write(f"{number}\\n"); sys.stdout.flush()
    number += 1
"""


def test_kill_9_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path)
    for _ in range(3):
        with open_ledger(path) as ledger:
            before = len(ledger.run("1").notes)
        with subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            told = [process.stdout.readline() for _ in range(40)]
            os.kill(process.pid, signal.SIGKILL)
            told += process.stdout.readlines()
        appended = sum(line.endswith("\n") for line in told)
        with open_ledger(path) as ledger:
            found = [note.text for note in ledger.run("1").notes][before:]
            assert ledger.verify() == []
        assert len(found) - appended in {0, 1}
        assert found == [str(number) for number in range(len(found))]


OPENER = """
import sys
from pathlib import Path
from tidegate.ledger.ledger import open_ledger
# START
with open_ledger(Path(sys.argv[1])) as ledger:
    ledger.open_run("c", "main", None, "push")
"""


def test_several_processes_make_one_file(tmp_path: Path) -> None:
    for number in range(3):
        path = tmp_path / f"{number}.db"
        race(OPENER, [[str(path)]] * 4)
        with open_ledger(path) as ledger:
            assert len(ledger.runs()) == 4
            assert ledger.verify() == []


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Seen]:
    path = tmp_path_factory.mktemp("intact") / "ledger.db"
    expected = fill(path)
    return path, path.read_bytes(), expected


def read_again(path: Path) -> Seen | LedgerError:
    try:
        with open_ledger(path, lambda: 1.0) as ledger:
            return seen(ledger)
    except LedgerError as error:
        return error
    finally:
        for remainder in path.parent.glob(f"{path.name}-*"):
            remainder.unlink()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_byte_of_the_file_is_found_or_changes_nothing(
    intact: tuple[Path, bytes, Seen], data: st.DataObject
) -> None:
    """Bytes that SQLite does not use, such as free space, may change; what is read never does without an error."""
    path, content, expected = intact
    place = data.draw(st.integers(0, len(content) - 1), label="place")
    mask = data.draw(st.integers(1, 255), label="mask")
    harmed = bytearray(content)
    harmed[place] ^= mask
    path.write_bytes(harmed)
    found = read_again(path)
    assert isinstance(found, LedgerError) or found == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.001, 0.999))
def test_a_truncated_file_is_found(intact: tuple[Path, bytes, Seen], share: float) -> None:
    path, content, _ = intact
    path.write_bytes(content[: max(1, int(len(content) * share))])
    assert isinstance(read_again(path), LedgerError)


def test_what_sqlite_cannot_read_is_named_and_the_rest_is_salvaged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = fill(path)
    content = bytearray(path.read_bytes())
    page = content.index(b"run/2", 3 * 4096) // 4096
    content[page * 4096] = 0xFF
    path.write_bytes(content)
    with open_ledger(path) as ledger:
        harmed = ledger.verify()
        assert harmed
        assert all(isinstance(failure, Damaged) and failure.last_good < failure.seq for failure in harmed)
        target = MemoryStore()
        assert [failure.where for failure in ledger.salvage(target)] == [failure.where for failure in harmed]
    whole = {failure.where.split()[0] for failure in harmed}
    salvaged = Ledger(target, lambda: 1.0)
    assert salvaged.verify() == []
    intact = [run for run in before[0] if f"run/{run.id}" not in whole]
    assert intact
    assert [salvaged.run(run.id) for run in intact] == intact


@pytest.mark.parametrize("text", [b"CREATE TABLE records", b"CREATE TABLE heads", b"environment/prod", b"releases"])
def test_names_that_are_no_text_any_more_are_damage(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.add_release(Release("", "c", "1", 0.0))
    fill(path)
    path.write_bytes(path.read_bytes().replace(text, text[:3] + b"\xd1" + text[4:]))
    found = read_again(path)
    assert isinstance(found, LedgerError)
    assert found.exit_code == 4
