"""The way to the database: the password that a reference means, and the connection that is kept."""

import contextlib
import json

import boto3
import psycopg
import pytest
from botocore.stub import Stubber

import aurora.reference
from aurora.database import Aurora, DatabaseError, Settings, connect
from aurora.reference import UnresolvedError, resolve

REFERENCE = "{{resolve:secretsmanager:db-dev:SecretString:password}}"
ARN = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:db-dev-AbCdEf"
VARIABLES = {
    "AURORA_HOST": "db.example.test",
    "AURORA_PORT": "5432",
    "AURORA_DATABASE": "report",
    "AURORA_USER": "app",
    "AURORA_PASSWORD": REFERENCE,
}
SETTINGS = Settings.of(VARIABLES, "candidate")


class Secret:
    """Secrets Manager with one secret; counts how often it is read."""

    def __init__(self, password="first"):
        self.password = password
        self.reads = 0

    def __call__(self, name):
        assert name == "db-dev"
        self.reads += 1
        return json.dumps({"username": "app", "password": self.password})


class Connection:
    def __init__(self):
        self.closed = False
        self.committed = 0

    def close(self):
        self.closed = True

    @contextlib.contextmanager
    def transaction(self):
        yield
        self.committed += 1


class Server:
    """Lets in whoever knows its password."""

    def __init__(self, password="first"):
        self.password = password
        self.up = True
        self.connections = []

    def connect(self, settings, password):
        assert settings is SETTINGS
        if not self.up or password != self.password:
            raise psycopg.OperationalError("connection failed")
        self.connections.append(Connection())
        return self.connections[-1]

    def drop(self):
        self.connections[-1].closed = True


def lost_if_closed(connection):
    if connection.closed:
        raise psycopg.OperationalError("server closed the connection unexpectedly")
    return "done"


@pytest.mark.parametrize("name", ["db-dev", ARN])
def test_a_reference_means_what_its_secret_holds_now(name):
    asked = []

    def read(secret):
        asked.append(secret)
        return '{"password": "p{}w"}'

    assert resolve(f"{{{{resolve:secretsmanager:{name}:SecretString:password}}}}", read) == "p{}w"
    assert asked == [name]


def test_a_text_that_is_no_reference_is_itself():
    assert resolve("plain", Secret()) == "plain"


@pytest.mark.parametrize(
    "value",
    [
        "{{resolve:ssm:/db/password}}",
        "{{resolve:secretsmanager:db-dev}}",
        "{{resolve:secretsmanager:db-dev:SecretString:password:AWSPREVIOUS}}",
        "{{resolve:secretsmanager::SecretString:password}}",
        "{{resolve:secretsmanager:db-dev:SecretString:nothing}}",
        "{{resolve:secretsmanager:db-dev:SecretString:password}} ",
    ],
)
def test_a_reference_that_leads_to_nothing_is_an_error(value):
    with pytest.raises(UnresolvedError) as failed:
        resolve(value, Secret())
    assert "first" not in str(failed.value)


@pytest.mark.parametrize("content", ["first", "[]", '"first"', '{"password": 7}', '{"password": ""}'])
def test_a_secret_of_another_form_is_an_error_that_does_not_show_it(content):
    with pytest.raises(UnresolvedError, match="db-dev is not JSON with a text under 'password'") as failed:
        resolve(REFERENCE, lambda _: content)
    assert "first" not in str(failed.value)


def test_the_secret_is_read_from_secrets_manager(monkeypatch):
    client = boto3.client(
        "secretsmanager",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    monkeypatch.setattr(aurora.reference, "_secretsmanager", lambda: client)
    with Stubber(client) as stubber:
        stubber.add_response("get_secret_value", {"SecretString": "x"}, {"SecretId": "db-dev"})
        stubber.add_client_error("get_secret_value", "ResourceNotFoundException")
        assert aurora.reference.secret("db-dev") == "x"
        with pytest.raises(DatabaseError, match=r"could not be read: .*ResourceNotFoundException"):
            SETTINGS.password_now()
    client.close()


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_that_is_not_set_is_named(variable):
    with pytest.raises(DatabaseError, match=f"{variable} is not set"):
        Settings.of(VARIABLES | {variable: ""}, "public")


def test_a_port_is_a_number():
    with pytest.raises(DatabaseError, match="AURORA_PORT is not a number"):
        Settings.of(VARIABLES | {"AURORA_PORT": "tcp"}, "public")


def test_settings_do_not_show_a_password():
    assert "hunter2" not in repr(Settings.of(VARIABLES | {"AURORA_PASSWORD": "hunter2"}, "public"))


def test_a_connection_is_kept():
    server, secret = Server(), Secret()
    database = Aurora(SETTINGS, secret, server.connect)
    assert [database.run(lost_if_closed) for _ in range(3)] == ["done"] * 3
    assert (len(server.connections), secret.reads) == (1, 1)
    assert server.connections[0].committed == 3


def test_a_kept_connection_that_was_lost_is_made_anew():
    server, secret = Server(), Secret()
    database = Aurora(SETTINGS, secret, server.connect)
    database.run(lost_if_closed)
    server.drop()
    assert database.run(lost_if_closed) == "done"
    assert (len(server.connections), secret.reads) == (2, 1)


def test_a_fresh_connection_that_is_lost_is_an_error():
    server = Server()

    def work(_):
        server.drop()
        raise psycopg.OperationalError("terminating connection")

    with pytest.raises(DatabaseError, match=r"report at db\.example\.test:5432, schema candidate"):
        Aurora(SETTINGS, Secret(), server.connect).run(work)
    assert len(server.connections) == 1


def test_a_rotated_password_is_read_again():
    server, secret = Server(), Secret()
    database = Aurora(SETTINGS, secret, server.connect)
    database.run(lost_if_closed)
    server.password = secret.password = "second"
    assert database.run(lost_if_closed) == "done", "what is connected goes on"
    assert secret.reads == 1
    server.drop()
    assert database.run(lost_if_closed) == "done"
    assert secret.reads == 2


def test_a_password_that_is_wrong_and_did_not_change_is_an_error_that_does_not_show_it():
    server, secret = Server(), Secret()
    database = Aurora(SETTINGS, secret, server.connect)
    database.run(lost_if_closed)
    server.drop()
    server.password = "other"
    with pytest.raises(DatabaseError) as failed:
        database.run(lost_if_closed)
    assert "first" not in str(failed.value)
    assert secret.reads == 2
    secret.password = "other"
    assert database.run(lost_if_closed) == "done", "once the secret is right, so is the function"


def test_a_database_that_comes_back_is_reached():
    server, secret = Server(), Secret()
    server.up = False
    database = Aurora(SETTINGS, secret, server.connect)
    with pytest.raises(DatabaseError, match="connection failed"):
        database.run(lost_if_closed)
    server.up = True
    assert database.run(lost_if_closed) == "done"


def test_a_database_that_was_closed_connects_again():
    server = Server()
    database = Aurora(SETTINGS, Secret(), server.connect)
    database.close()
    database.run(lost_if_closed)
    database.close()
    assert server.connections[0].closed
    assert database.run(lost_if_closed) == "done"


def test_a_statement_that_is_refused_keeps_the_connection():
    server = Server()
    database = Aurora(SETTINGS, Secret(), server.connect)

    def refused(_):
        raise psycopg.errors.CheckViolation("new row violates check constraint")

    with pytest.raises(DatabaseError, match="violates check"):
        database.run(refused)
    assert database.run(lost_if_closed) == "done"
    assert (len(server.connections), server.connections[0].committed) == (1, 1)


def test_an_error_of_the_work_itself_passes():
    with pytest.raises(ZeroDivisionError):
        Aurora(SETTINGS, Secret(), Server().connect).run(lambda _: 1 / 0)


def test_nobody_there_is_an_error_of_the_driver():
    nobody = Settings.of(VARIABLES | {"AURORA_HOST": "127.0.0.1", "AURORA_PORT": "1"}, "candidate")
    with pytest.raises(psycopg.OperationalError, match="refused"):
        connect(nobody, "first")
