"""Servers of both engines, for real."""

import socket
from pathlib import Path

import psutil
import pytest

from tests.engines.conftest import Start
from tidegate.engines import EngineFailed, Login

APP = Login("app", "it's a \\ secret")


def test_a_server_answers_as_soon_as_it_is_started(start: Start, folder: Path) -> None:
    with start(folder) as server:
        server.create_user(APP)
        server.create_database("funds", APP)
        server.execute("CREATE TABLE fund (id int); INSERT INTO fund VALUES (1), (2);", database="funds")
        assert server.execute("SELECT id, id + 1 FROM fund ORDER BY id;", database="funds") == "1\t2\n2\t3\n"
        assert server.running


def test_nothing_is_left_of_a_server_that_was_stopped(start: Start, folder: Path) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    server = start(folder)
    mine = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    assert mine
    server.stop()
    assert not [process for process in mine if process.is_running()]
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError), socket.create_connection((server.host, server.port)):
        pass


def test_two_servers_know_nothing_of_each_other(start: Start, folder: Path) -> None:
    with start(folder) as one, start(folder.with_name("other")) as other:
        assert one.port != other.port
        for server in (one, other):
            server.create_user(APP)
            server.create_database("funds", APP)
        one.execute("CREATE TABLE fund (id int);", database="funds")
        with pytest.raises(EngineFailed, match="fund"):
            other.execute("SELECT * FROM fund;", database="funds")


def test_a_server_runs_as_somebody_without_rights(start: Start, folder: Path) -> None:
    with start(folder):
        servers = [child for child in psutil.Process().children(recursive=True) if "python" not in child.name()]
        assert servers
        assert 0 not in {child.uids().effective for child in servers}


def test_a_password_is_in_no_process_list(start: Start, folder: Path) -> None:
    with start(folder) as server:
        lines = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
        assert lines
        assert not [line for line in lines if server.admin.password in line]
        assert server.admin.password not in repr(server.admin)


def test_a_refusal_names_the_reason_and_no_password(start: Start, folder: Path) -> None:
    with start(folder) as server:
        server.create_user(APP)
        with pytest.raises(EngineFailed) as refused:
            server.create_user(APP)
        assert "app" in str(refused.value)
        assert "secret" not in str(refused.value)


def test_statements_behind_a_refused_one_do_not_run(start: Start, folder: Path) -> None:
    with start(folder) as server:
        server.create_database("funds")
        with pytest.raises(EngineFailed):
            server.execute("SELECT nothing FROM nowhere; CREATE TABLE fund (id int);", database="funds")
        with pytest.raises(EngineFailed, match="fund"):
            server.execute("SELECT * FROM fund;", database="funds")


def test_names_with_quotation_marks_are_names(start: Start, folder: Path) -> None:
    with start(folder) as server:
        server.create_database('a "b" `c`')
        server.execute("CREATE TABLE fund (id int);", database='a "b" `c`')
        server.drop_database('a "b" `c`')
        with pytest.raises(EngineFailed):
            server.execute("SELECT 1;", database='a "b" `c`')


def test_a_copy_begins_with_all_that_there_was(start: Start, folder: Path, tmp_path: Path) -> None:
    rows = "INSERT INTO fund VALUES (1, 'ünï ''quoted''');"
    with start(folder) as server:
        server.create_user(APP)
        server.create_database("funds", APP)
        server.execute(f"CREATE TABLE fund (id int, name varchar(40)); {rows}", database="funds")
        server.copy(tmp_path / "copy")
        server.execute("DELETE FROM fund;", database="funds")
        before = server.dump("funds")
        with start(folder.with_name("restored"), copied=tmp_path / "copy") as restored:
            assert restored.execute("SELECT id, name FROM fund;", database="funds") == "1\tünï 'quoted'\n"
            restored.set_password(APP)  # The user came along.
            restored.execute("DELETE FROM fund;", database="funds")
            assert _plain(restored.dump("funds")) == _plain(before)


def test_a_copy_of_an_empty_server_can_be_started(start: Start, folder: Path, tmp_path: Path) -> None:
    with start(folder) as server:
        server.copy(tmp_path / "copy")
    with start(folder, copied=tmp_path / "copy") as restored:
        restored.create_database("funds")


def test_a_folder_that_is_there_is_left_alone(start: Start, folder: Path) -> None:
    folder.mkdir()
    (folder / "kept").touch()
    with pytest.raises(EngineFailed, match="not there yet"):
        start(folder)
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(start: Start, folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "copy"
    (damaged / "data").mkdir(parents=True)
    (damaged / "password").write_text("x")
    (damaged / "all.sql").write_text("SELECT nothing FROM nowhere;")
    with pytest.raises(EngineFailed, match=r"PG_VERSION|postgresql\.conf|nowhere|No database selected"):
        start(folder, copied=damaged)
    assert not folder.exists()


def _plain(dump: str) -> str:
    """A dump without the words that pg_dump invents anew each time."""
    return "\n".join(line for line in dump.splitlines() if "restrict" not in line)
