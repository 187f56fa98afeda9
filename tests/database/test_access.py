"""What a connection that fails says, and what it never says."""

import socket
import traceback
from collections.abc import Iterator
from contextlib import closing

import pytest

from tidegate.database.access import Access, connect
from tidegate.database.faults import refusal, scrubbed
from tidegate.errors import DatabaseError
from tidegate.model.database import Engine

PASSWORD = "s3cret/ü+word"


def access(engine: Engine, port: int, host: str = "127.0.0.1") -> Access:
    return Access(engine, host, port, "daily", "reader", PASSWORD)


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def failure(where: Access, timeout: float = 10.0) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        connect(where, timeout_seconds=timeout)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert caught.value.__context__ is None
    for form in (PASSWORD, "s3cret"):
        assert form not in str(caught.value)
        assert form not in shown.replace("PASSWORD", "")
    return caught.value


@pytest.mark.parametrize("engine", list(Engine))
def test_nobody_listens(engine: Engine, closed: int) -> None:
    error = failure(access(engine, closed))
    assert error.what.startswith("connection refused")
    assert error.where == f"{engine.value}://reader@127.0.0.1:{closed}/daily"
    assert "security group" in error.what_next


@pytest.mark.parametrize("engine", list(Engine))
def test_nobody_answers(engine: Engine, deaf: int) -> None:
    error = failure(access(engine, deaf), timeout=2.0 if engine is Engine.POSTGRESQL else 1.0)
    assert error.what.startswith("no answer in time")
    assert "VPC" in error.what_next


def test_a_password_is_not_in_what_represents_an_access() -> None:
    one = access(Engine.POSTGRESQL, 5432)
    assert PASSWORD not in repr(one)
    assert PASSWORD not in str(one.at("other"))
    assert one.at("other").password == PASSWORD


def test_a_text_loses_the_password_in_each_form() -> None:
    text = f"cannot open postgresql://reader:s3cret%2F%C3%BC%2Bword@host and {PASSWORD}"
    assert scrubbed(text, PASSWORD) == "cannot open postgresql://reader:***@host and ***"
    assert scrubbed("as it is", "") == "as it is"


class Refused(Exception):
    """As psycopg raises."""

    def __init__(self, text: str, sqlstate: str | None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "what", "code"),
    [
        (Refused("canceling statement due to lock timeout", "55P03"), "a lock was not obtained in time", "55P03"),
        (Refused("canceling statement due to statement timeout", "57014"), "a statement was cancelled", "57014"),
        (Refused("permission denied for table t", "42501"), "not allowed", "42501"),
        (Refused("cannot execute in a read-only transaction", "25006"), "the database may only be read", "25006"),
        (Refused("terminating connection", "57P01"), "the connection was lost", "57P01"),
        (Refused("connection failure", "08006"), "the connection was lost", "08006"),
        (Refused("could not extend file", "53100"), "the disk is full", "53100"),
        (Refused('FATAL: role "x" does not exist', None), "the server refused the user", ""),
        (Refused('FATAL: database "x" does not exist', None), "there is no such database", ""),
        (Refused('column "x" does not exist', "42703"), "the database did not do it", "42703"),
        (Exception(1045, "Access denied"), "the server refused the password", "1045"),
        (Exception(1049, "Unknown database"), "there is no such database", "1049"),
        (Exception(1205, "Lock wait timeout exceeded"), "a lock was not obtained in time", "1205"),
        (Exception(2013, "Lost connection"), "the connection was lost", "2013"),
        (Exception("something else"), "the database did not do it", ""),
    ],
)
def test_what_drivers_raise_is_told_apart(error: Exception, what: str, code: str) -> None:
    told = refusal(error, "here", "denied")
    assert told.what.startswith(what)
    assert told.code == code
    assert told.where == "here"
    assert "denied" not in told.what
