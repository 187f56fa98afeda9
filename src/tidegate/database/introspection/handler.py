"""The handler of the function inside the VPC: reads the database's schema and answers it. It can do nothing else.

It runs on Lambda, not in Tidegate; `bundle` lays it together with the few files that it needs. It learns its database
from the variables that all functions of the product have, and needs no more than a user who may connect.
"""

import importlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidegate.database.catalog.protocol import PROTOCOL
from tidegate.database.catalog.read import read_by
from tidegate.database.faults import refusal
from tidegate.database.introspection.answer import QUESTION, answer
from tidegate.errors import Failure
from tidegate.model.database import Engine

_REFERENCE = re.compile(r"\{\{resolve:secretsmanager:(?P<name>[^}]+?):SecretString:(?P<key>[^:}]+)\}\}")
_TIMEOUT_SECONDS = 5
_STATEMENT_SECONDS = 20


class Refused(Exception):
    """What the function could not do, in words without the password."""


def handler(event: Any, context: object = None) -> dict[str, object]:
    """Answer what the schema of the database is.

    Raises:
        Refused: The question is another one, or the database did not answer. Lambda reports it as a FunctionError.
    """
    del context
    if not isinstance(event, Mapping) or event.get("ask") != QUESTION:
        raise Refused("this function answers the schema gate of Tidegate, and nothing else")
    if event.get("protocol") != PROTOCOL:
        raise Refused(f"asked in protocol {event.get('protocol')}, this function speaks {PROTOCOL}: deploy it anew")
    engine = Engine(str(event["engine"]))
    password = ""
    problem = ""
    try:
        password = resolved(os.environ["AURORA_PASSWORD"])
        schema = _read(engine, os.environ, password)
    except KeyError as missing:
        problem = f"the variable {missing} is not set"
    except ImportError as missing:
        problem = f"the function's package has no {missing.name}: lay the driver beside main.py"
    except Failure as error:
        problem = f"{error.what}; {error.what_next}"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises is told without the password
        problem = str(refusal(error, _where(os.environ), password))
    else:
        return answer(schema)
    # Outside of the handler, so that the driver's error, whose frames hold the password, is not its context.
    raise Refused(problem)


def resolved(value: str, read_secret: Callable[[str], str] | None = None) -> str:
    """A variable's value, where it is a reference the secret that it names.

    Source: AWS CloudFormation, "Get a secret or secret value from Secrets Manager" (dynamic references).
    """
    found = _REFERENCE.fullmatch(value)
    if not found:
        return value
    return str(json.loads((read_secret or _secret)(found["name"]))[found["key"]])


def _secret(name: str) -> str:
    manager = importlib.import_module("boto3").client("secretsmanager")
    return str(manager.get_secret_value(SecretId=name)["SecretString"])


def _where(variables: Mapping[str, str]) -> str:
    return f"{variables.get('AURORA_HOST')}:{variables.get('AURORA_PORT', '')}/{variables.get('AURORA_DATABASE')}"


def _read(engine: Engine, variables: Mapping[str, str], password: str) -> Any:
    connection = (_mysql if engine is Engine.MYSQL else _postgresql)(variables, password)
    try:
        cursor = connection.cursor()

        def ask(query: str) -> Sequence[tuple[Any, ...]]:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

        return read_by(ask, engine)
    finally:
        connection.close()


def _postgresql(variables: Mapping[str, str], password: str) -> Any:
    return importlib.import_module("psycopg").connect(
        host=variables["AURORA_HOST"],
        port=int(variables.get("AURORA_PORT") or 5432),
        dbname=variables["AURORA_DATABASE"],
        user=variables["AURORA_USER"],
        password=password,
        connect_timeout=_TIMEOUT_SECONDS,
        application_name="tidegate-introspection",
        options=f"-c statement_timeout={_STATEMENT_SECONDS}s -c default_transaction_read_only=on",
    )


def _mysql(variables: Mapping[str, str], password: str) -> Any:
    return importlib.import_module("pymysql").connect(
        host=variables["AURORA_HOST"],
        port=int(variables.get("AURORA_PORT") or 3306),
        database=variables["AURORA_DATABASE"],
        user=variables["AURORA_USER"],
        password=password,
        connect_timeout=_TIMEOUT_SECONDS,
        read_timeout=_STATEMENT_SECONDS,
    )
