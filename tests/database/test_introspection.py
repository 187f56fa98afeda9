"""The function inside the VPC: what it ships, what it answers, and that nothing but a whole answer is one."""

import base64
import json
import os
import subprocess
import sys
import sysconfig
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.database.conftest import access_to, fresh_database
from tests.memory_cloud import MemoryCloud
from tidegate.cloud.ports import Answer
from tidegate.database.access import Access, connect
from tidegate.database.expected import schema_of
from tidegate.database.introspection.__main__ import main
from tidegate.database.introspection.answer import answer, question, schema_in
from tidegate.database.introspection.asker import ask
from tidegate.database.introspection.handler import Refused, handler, resolved
from tidegate.engines import Server
from tidegate.errors import DatabaseError, NotFound
from tidegate.model.database import Engine
from tidegate.model.schema import Column, Schema, Table

SCHEMA = Schema("postgresql", "16.4", tables=(Table("funds", (Column("id", "integer"),)),))
GOOD = answer(SCHEMA)
MAKES = ("CREATE TABLE funds (id integer PRIMARY KEY, nav numeric(12, 4))", "CREATE VIEW navs AS SELECT nav FROM funds")
SECRET = "s3cret/word"


def changed(**parts: object) -> dict[str, object]:
    return {**GOOD, **parts}


def packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode())).decode()


async def asked(answered: Answer) -> Schema:
    cloud = MemoryCloud()
    cloud.functions.create("look", "sha256:" + "a" * 64)
    cloud.functions.handler = lambda *_: answered
    return await ask(cloud.functions, "look", Engine.POSTGRESQL)


async def test_a_whole_answer_is_the_schema() -> None:
    assert await asked(Answer(json.loads(json.dumps(GOOD)))) == SCHEMA


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (None, "it is not an answer to what was asked"),
        ("ok", "it is not an answer to what was asked"),
        ({}, "it speaks protocol None, this Tidegate 1"),
        (changed(protocol=2), "it speaks protocol 2, this Tidegate 1"),
        ({"protocol": 1, "size": 3}, "it has no digest, schema"),
        (changed(schema=str(GOOD["schema"])[:-8]), "it was cut off, or changed on its way"),
        (changed(schema=str(GOOD["schema"])[:-8] + "AAAAAAA="), "it was cut off, or changed on its way"),
        (changed(schema="ä"), "it was cut off, or changed on its way"),
        (changed(schema=packed("{}")), "it was cut off, or changed on its way"),
        (changed(size=1), "it was cut off, or changed on its way"),
        (changed(digest="0" * 64), "it was cut off, or changed on its way"),
        (answer(Schema("mysql")), "it is about mysql, and postgresql was asked about"),
    ],
)  # fmt: skip
async def test_anything_else_is_a_failure(payload: object, why: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        await asked(Answer(payload))
    assert caught.value.what == f"its answer is of no use: {why}"
    assert caught.value.where == "function look"
    assert "deploy the function anew" in caught.value.what_next


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"errorMessage": "no answer in time: host:5432", "errorType": "Refused"}, "no answer in time: host"),
        ({"errorMessage": "2026-11-24 Task timed out after 30.00 seconds"}, "Task timed out after 30.00 seconds"),
        (None, "Unhandled"),
        (dict(GOOD), "Unhandled"),
    ],
    ids=["refused", "timed out", "without a word", "with an answer beside the error"],
)  # fmt: skip
async def test_a_function_that_failed_is_a_failure(payload: object, told: str) -> None:
    with pytest.raises(DatabaseError, match="it could not tell what the database is") as caught:
        await asked(Answer(payload, error="Unhandled"))
    assert told in caught.value.what


async def test_a_function_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(NotFound) as caught:
        await ask(MemoryCloud().functions, "look", Engine.POSTGRESQL)
    assert "look" in str(caught.value)


def test_an_answer_of_a_large_schema_fits_what_lambda_lets_out() -> None:
    columns = tuple(Column(f"column_{number}", "character varying(80)") for number in range(40))
    schema = Schema("postgresql", "16.4", tables=tuple(Table(f"table_{n}", columns) for n in range(2000)))
    payload = answer(schema)
    assert schema_in(payload, "postgresql") == schema
    assert len(json.dumps(payload)) < 6 * 1024 * 1024 / 10


def variables(access: Access, password: str = "") -> dict[str, str]:
    return {
        "AURORA_HOST": access.host,
        "AURORA_PORT": str(access.port),
        "AURORA_DATABASE": access.database,
        "AURORA_USER": access.user,
        "AURORA_PASSWORD": password or access.password,
    }


def execute(access: Access, *statements: str) -> None:
    with connect(access) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


def shipped(folder: Path, event: Mapping[str, object], given: Mapping[str, str]) -> dict[str, object]:
    """What the shipped file answers where no Tidegate is: `-S` leaves out what would bring it, its driver excepted."""
    assert main([str(folder)]) == 0
    script = (
        "import importlib.util, json, sys; sys.path += [sys.argv[1], sys.argv[2]];"
        "assert importlib.util.find_spec('tidegate') is None;"
        "import main; print(json.dumps(main.handler(json.loads(sys.stdin.read()), None)))"
    )
    site = sysconfig.get_paths()["platlib"]
    ended = subprocess.run(
        [sys.executable, "-S", "-I", "-c", script, str(folder), site],
        input=json.dumps(event),
        env={**given, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def test_what_is_shipped_works_without_tidegate(postgres: Server, tmp_path: Path) -> None:
    access = fresh_database(postgres)
    execute(access, *MAKES)
    assert schema_in(shipped(tmp_path, question("postgresql"), variables(access)), "postgresql") == schema_of(access)


def test_it_is_written_nowhere_without_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "FOLDER" in capsys.readouterr().err


def test_mysql_too(maria: Server, tmp_path: Path) -> None:
    access = fresh_database(maria)
    execute(access, *MAKES)
    assert schema_in(shipped(tmp_path, question("mysql"), variables(access)), "mysql") == schema_of(access)


def test_a_package_without_a_driver_says_so(tmp_path: Path, postgres: Server) -> None:
    assert main([str(tmp_path)]) == 0
    script = "import main, sys; main.handler({}, None)".format(question("postgresql"))
    ended = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=tmp_path,
        env={**variables(access_to(postgres, "postgres")), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr.splitlines()[-1].endswith("package has no psycopg: lay the driver beside main.py")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, postgres: Server) -> Callable[..., Access]:
    """Gives the handler its variables, as Lambda does."""

    def given(**other: str) -> Access:
        access = fresh_database(postgres)
        for name, value in {**variables(access), **other}.items():
            monkeypatch.setenv(name, value)
        return access

    return given


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"AURORA_PASSWORD": SECRET}, "the server refused the password"),
        ({"AURORA_DATABASE": "gone"}, "there is no such database"),
        ({"AURORA_PORT": "1"}, "connection refused"),
        ({"AURORA_USER": "nobody-there"}, "the server refused"),
    ],
)
def test_a_database_that_does_not_answer_is_told_without_the_password(
    other: dict[str, str], why: str, told: Callable[..., Access]
) -> None:
    access = told(**other)
    with pytest.raises(Refused, match=why) as caught:
        handler(question("postgresql"))
    for password in (access.password, SECRET):
        assert password not in str(caught.value)
    # Lambda writes the whole trace into the function's log: nothing of the driver's is behind it.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_user_who_sees_too_little_is_told_by_the_function_too(told: Callable[..., Access], postgres: Server) -> None:
    postgres.execute(f"CREATE ROLE short_sighted LOGIN PASSWORD '{SECRET}';")
    access = told(AURORA_USER="short_sighted", AURORA_PASSWORD=SECRET)
    execute(access, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    with pytest.raises(Refused, match=r"^this user may not read any schema of its search path; grant it USAGE"):
        handler(question("postgresql"))


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AURORA_PASSWORD", raising=False)
    with pytest.raises(Refused, match="the variable 'AURORA_PASSWORD' is not set"):
        handler(question("postgresql"))


@pytest.mark.parametrize(
    "event",
    [None, {}, {"ask": "DROP TABLE funds"}, {**question("postgresql"), "protocol": 0}, {"requestContext": {}}],
)
def test_another_question_is_refused(event: object, told: Callable[..., Access]) -> None:
    told()
    with pytest.raises(Refused, match=r"answers the schema gate of Tidegate|deploy it anew"):
        handler(event)


def test_a_password_is_a_value_or_a_reference() -> None:
    secrets = {"arn:aws:secretsmanager:eu-west-1:1:secret:aurora": json.dumps({"password": SECRET})}
    assert resolved("plain") == "plain"
    reference = "{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:aurora:SecretString:password}}"
    assert resolved(reference, secrets.__getitem__) == SECRET


def refused_to(access: Access, user: str) -> Access:
    return Access(access.engine, access.host, access.port, access.database, user, SECRET)


def test_a_user_who_may_not_connect_is_told(postgres: Server) -> None:
    access = fresh_database(postgres)
    postgres.execute(f"CREATE ROLE outsider LOGIN PASSWORD '{SECRET}';")
    postgres.execute(f"REVOKE CONNECT ON DATABASE {access.database} FROM PUBLIC;")
    with pytest.raises(DatabaseError, match="not allowed: ") as caught:
        schema_of(refused_to(access, "outsider"))
    assert "look at its grants" in caught.value.what_next
    assert SECRET not in f"{caught.value} {caught.value.what_next}"


def test_a_user_who_sees_no_schema_is_not_told_that_all_is_missing(postgres: Server) -> None:
    access = fresh_database(postgres)
    execute(access, *MAKES, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    postgres.execute(f"CREATE ROLE blind LOGIN PASSWORD '{SECRET}';")
    with pytest.raises(DatabaseError, match="this user may not read any schema") as caught:
        schema_of(refused_to(access, "blind"))
    assert "GRANT USAGE ON SCHEMA" in caught.value.what_next


@pytest.mark.parametrize(
    ("makes", "what"),
    [
        ("CREATE VIEW navs AS SELECT nav FROM funds", "view navs"),
        ("CREATE FUNCTION one() RETURNS integer DETERMINISTIC RETURN 1", "function one"),
    ],
)
def test_a_user_of_mysql_who_sees_half_of_it_is_told(makes: str, what: str, maria: Server) -> None:
    access = fresh_database(maria)
    execute(access, MAKES[0], makes)
    user = f"half_{access.database}"
    admin = access_to(maria, access.database)
    execute(
        admin,
        f"CREATE USER {user} IDENTIFIED BY '{SECRET}'",
        f"GRANT SELECT, EXECUTE ON {access.database}.* TO {user}",
    )
    with pytest.raises(DatabaseError, match=f"this user may not read {what}"):
        schema_of(refused_to(access, user))
