"""Database: what a product declares of the Aurora cluster that its functions use."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Engine(StrEnum):
    """The flavour of Aurora."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"


@dataclass(frozen=True, slots=True)
class VpcTests:
    """Tests that CodeBuild runs inside the VPC.

    Attributes:
        project: Name pattern (`{env}`) of the CodeBuild project.
        timeout_seconds: How long a build may take.
        buildspec: Path of the buildspec below the product's root; None where the project itself names it.
        enabled: The variable in Tidegate's environment that must be `true` for the tests to apply.
    """

    project: str
    timeout_seconds: int = 1200
    enabled: str = "AURORA_ENABLED"
    buildspec: str | None = None

    def idle(self, variables: Mapping[str, str]) -> str:
        """Why they do not apply under these variables; empty where they do. GitHub's own `==` ignores case too."""
        value = variables.get(self.enabled, "").strip()
        if value.lower() == "true":
            return ""
        return f"{self.enabled} is {f'{value!r}, not `true`' if value else 'not set'}"


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """The database of each environment, and where its schema is declared. Names hold `{env}`.

    Attributes:
        cluster: RDS cluster.
        secret: Secret in Secrets Manager with host, port, dbname, username, password and engine, as RDS writes it.
        components: A change in any of them may change the schema.
        migrations: Alembic's folder below the product's root, `versions` in it; None where the team migrates otherwise.
        expected: What the code expects: `FILE.py:NAME` of a SQLAlchemy MetaData, or a .yaml, .yml or .json file of
            tables; None for what the migrations make of an empty database.
        introspection: Lambda function inside the VPC that answers the schema gate; None where the database is asked
            directly.
        rollback_window_seconds: How long after a release went live its contract migrations wait.
        lock_timeout_seconds: How long a migration waits for a lock.
        statement_timeout_seconds: How long one statement of a migration may take.
        vpc_tests: Tests inside the VPC, if there are any.
    """

    engine: Engine
    cluster: str
    secret: str
    components: tuple[str, ...]
    migrations: str | None = None
    expected: str | None = None
    introspection: str | None = None
    rollback_window_seconds: int = 24 * 3600
    lock_timeout_seconds: int = 2
    statement_timeout_seconds: int = 300
    vpc_tests: VpcTests | None = None


DATABASE_VARIABLE = "AURORA_DATABASE"
VARIABLES = ("AURORA_HOST", "AURORA_PORT", DATABASE_VARIABLE, "AURORA_USER", "AURORA_PASSWORD")
"""What a function that declares `database: true` is given. The last one's value is a reference to the secret."""
