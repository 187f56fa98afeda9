"""Cluster: an Aurora cluster, its snapshots, and the secret by which it is reached."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.errors import ConfigError
from tidegate.model.database import Engine

AVAILABLE = "available"
CREATING = "creating"

# As RDS writes the key `engine` of a secret, and as it names the engines of clusters.
_ENGINES: Mapping[str, Engine] = {
    "postgres": Engine.POSTGRESQL,
    "postgresql": Engine.POSTGRESQL,
    "aurora-postgresql": Engine.POSTGRESQL,
    "mysql": Engine.MYSQL,
    "mariadb": Engine.MYSQL,
    "aurora-mysql": Engine.MYSQL,
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """An Aurora cluster.

    Attributes:
        name: DBClusterIdentifier.
        engine: Its flavour.
        status: In RDS's words, such as `available`.
        host: Its writer's address; empty until it has one.
        port: TCP port; 0 until there is one.
        database: Its first database; empty for none.
    """

    name: str
    engine: Engine
    status: str
    host: str = ""
    port: int = 0
    database: str = ""


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """A snapshot of a cluster. What is restored from it is a new cluster at a new address, without later writes.

    Attributes:
        name: DBClusterSnapshotIdentifier.
        cluster: The cluster that it was taken of.
        status: In RDS's words: `creating`, `available`, `failed`.
        created: Seconds since the epoch; 0 while RDS does not tell.
    """

    name: str
    cluster: str
    status: str
    created: float = 0.0


@dataclass(frozen=True, slots=True)
class DatabaseSecret:
    """What the secret of a database says, in the shape that RDS writes. The password is never shown."""

    engine: Engine
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    def text(self) -> str:
        """The secret's JSON, the password in it."""
        engine = {Engine.POSTGRESQL: "postgres", Engine.MYSQL: "mysql"}[self.engine]
        named = {"engine": engine, "host": self.host, "port": self.port, "dbname": self.database}
        return json.dumps({**named, "username": self.user, "password": self.password})


def engine_named(name: str) -> Engine | None:
    """The engine that RDS calls so; None for one that Aurora has not."""
    return _ENGINES.get(name)


def read_secret(text: str, where: str) -> DatabaseSecret:
    """Read the JSON of a database's secret.

    Source: AWS Secrets Manager user guide, "JSON structure of AWS Secrets Manager database credential secrets".

    Args:
        text: The secret's value, which no error shows.
        where: The secret's name.

    Raises:
        ConfigError: When it is not JSON, lacks a key, or has a wrong port or engine.
    """
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        # Outside of the handler: the error of the JSON reader holds the text.
        raise _unreadable("is no JSON object", where)
    lacking = [key for key in ("host", "port", "dbname", "username", "password", "engine") if not said.get(key)]
    if lacking:
        raise _unreadable(f"lacks {', '.join(lacking)}", where)
    port, engine = str(said["port"]), engine_named(str(said["engine"]))
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise _unreadable("has a port that is no number", where)
    if engine is None:
        raise _unreadable("names an engine that is neither postgres nor mysql", where)
    return DatabaseSecret(
        engine, str(said["host"]), int(port), str(said["dbname"]), str(said["username"]), str(said["password"])
    )


def _unreadable(why: str, where: str) -> ConfigError:
    return ConfigError(
        f"the secret of the database {why}",
        where=f"secret {where}",
        what_next="write it as RDS does: engine, host, port, dbname, username and password, in a JSON object",
    )
