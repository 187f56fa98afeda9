"""The secret of a database, as RDS writes it."""

import json
import traceback

import pytest

from tidegate.errors import ConfigError
from tidegate.model.cluster import DatabaseSecret, read_secret
from tidegate.model.database import Engine

SAID = {"engine": "postgres", "host": "h", "port": 5432, "dbname": "funds", "username": "app", "password": "geheim"}


@pytest.mark.parametrize(
    ("changed", "engine", "port"),
    [
        ({}, Engine.POSTGRESQL, 5432),
        ({"engine": "aurora-mysql", "port": "3306"}, Engine.MYSQL, 3306),
        ({"engine": "mariadb", "dbClusterIdentifier": "ignored"}, Engine.MYSQL, 5432),
    ],
)
def test_what_rds_writes_is_read(changed: dict[str, object], engine: Engine, port: int) -> None:
    read = read_secret(json.dumps(SAID | changed), "s")
    assert read == DatabaseSecret(engine, "h", port, "funds", "app", "geheim")
    assert "geheim" not in repr(read)


def test_what_is_written_is_read() -> None:
    secret = DatabaseSecret(Engine.MYSQL, "h", 3306, "funds", "app", 'a "quoted" one')
    assert read_secret(secret.text(), "s") == secret


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("geheim", "no JSON object"),
        ('["geheim"]', "no JSON object"),
        ("", "no JSON object"),
        (json.dumps({"password": "geheim"}), "lacks host, port, dbname, username, engine"),
        (json.dumps(SAID | {"host": ""}), "lacks host"),
        (json.dumps(SAID | {"port": "geheim"}), "a port that is no number"),
        (json.dumps(SAID | {"port": 65536}), "a port that is no number"),
        (json.dumps(SAID | {"engine": "geheim"}), "an engine that is neither"),
    ],
)
def test_what_is_wrong_is_told_without_a_value(text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected) as refused:
        read_secret(text, "funds-dev")
    told = "".join(traceback.format_exception(refused.value))
    assert "funds-dev" in told
    assert "geheim" not in told.replace('geheim",', "")
