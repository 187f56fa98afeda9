"""The section `database`."""

import pytest

from tidegate.config import parse
from tidegate.errors import ConfigError
from tidegate.model.database import DatabaseSpec, Engine, VpcTests
from tidegate.model.pipeline import Pipeline

SMALL = """\
product: shop
components:
  backend: [src/**]
  schema: [migrations/**]
images:
  backend: {dockerfile: Dockerfile, repository: shop, components: [backend]}
functions:
  api:
    name: shop-api-{env}
    image: backend
    handler: app.handler
    database: true
    environment: {MODE: quiet}
    smoke: [{get: /health, expect: {status: 200}}]
database:
  engine: postgresql
  cluster: shop-{env}
  secret: shop-db-{env}
  components: [schema]
  migrations: migrations
  expected: src/tables.py:metadata
  introspection: shop-look-{env}
  rollback-window: 12h
  lock-timeout: 3s
  statement-timeout: 1m
  vpc-tests: {timeout: 5m, project: "shop-vpc-{env}", buildspec: ci/vpc.yml}
environments:
  dev: {}
  prod: {after: dev}
"""


def small(old: str = "", new: str = "") -> Pipeline:
    assert old in SMALL
    return parse(SMALL.replace(old, new, 1).encode(), "t.yaml")


def test_what_is_given() -> None:
    assert small().database == DatabaseSpec(
        engine=Engine.POSTGRESQL,
        cluster="shop-{env}",
        secret="shop-db-{env}",
        components=("schema",),
        migrations="migrations",
        expected="src/tables.py:metadata",
        introspection="shop-look-{env}",
        rollback_window_seconds=12 * 3600,
        lock_timeout_seconds=3,
        statement_timeout_seconds=60,
        vpc_tests=VpcTests("shop-vpc-{env}", 300, "AURORA_ENABLED", "ci/vpc.yml"),
    )
    assert small().functions["api"].database


def test_what_is_left_out_has_its_default() -> None:
    start = SMALL.index("  expected:")
    optional = SMALL[start : SMALL.index("environments:")]
    assert small(optional, "").database == DatabaseSpec(
        Engine.POSTGRESQL, "shop-{env}", "shop-db-{env}", ("schema",), migrations="migrations"
    )


def test_a_product_has_no_database_unless_it_says_so() -> None:
    start = SMALL.index("database:\n")
    without = SMALL[:start] + SMALL[SMALL.index("environments:") :]
    pipeline = parse(without.replace("    database: true\n", "").encode(), "t.yaml")
    assert pipeline.database is None
    assert not pipeline.functions["api"].database


REFUSED = [
    ("postgresql", "oracle", "16:11", "database.engine cannot be 'oracle'", "use one of: postgresql, mysql"),
    ("  cluster: shop-{env}\n", "", "15:1", "'cluster' is missing in database", "add 'cluster:'"),
    ("  secret: shop-db-{env}\n", "", "15:1", "'secret' is missing in database", "add 'secret:'"),
    ("cluster: shop-{env}", "cluster: shop", "17:12", "'shop' is the same in all 2 environments", "'shop-{env}'"),
    ("secret: shop-db-{env}", "secret: x-{stage}", "18:11", "unknown placeholder {stage}", "{env}"),
    ("shop-look-{env}", "look", "22:18", "'look' is the same in all 2 environments", "'look-{env}'"),
    ('"shop-vpc-{env}"', "vpc", "26:37", "'vpc' is the same in all 2", "'vpc-{env}'"),
    ("[schema]\n  migr", "[schemas]\n  migr", "19:16", "no component is called 'schemas'", "'schema'"),
    ("[schema]\n  migr", "[]\n  migr", "19:15", "database.components is empty", "give at least one"),
    ("migrations: migrations", "migrations: /etc", "20:15", "database.migrations cannot be '/etc'", "must match"),
    ("migrations: migrations", "migrations: a/../../b", "20:15", "'a/../../b' leads out of the repository", "inside"),
    ("src/tables.py:metadata", "src/../../t.py:metadata", "21:13", "leads out of the repository", "inside it"),
    ("src/tables.py:metadata", "src/tables.py", "21:13", "database.expected cannot be 'src/tables.py'", "NAME"),
    ("src/tables.py:metadata", "schema.sql", "21:13", "database.expected cannot be 'schema.sql'", "YAML or JSON"),
    ("rollback-window: 12h", "rollback-window: 1d", "23:20", "database.rollback-window cannot be '1d'", "must match"),
    ("rollback-window: 12h", "rollback-window: 0h", "23:20", "rollback-window cannot be no time", "24h"),
    ("lock-timeout: 3s", "lock-timeout: 0s", "24:17", "lock-timeout cannot be no time at all", "'2s'"),
    ("lock-timeout: 3s", "lock-timeout: 2m", "24:17", "may take 1m never waits 2m for a lock", "shorter"),
    ("statement-timeout: 1m", "statement-timeout: 0s", "25:22", "statement-timeout cannot be no time", "'5m'"),
    ("timeout: 5m,", "timeout: 0m,", "26:24", "tests cannot end in no time", "20m"),
    ("ci/vpc.yml", "../vpc.yml", "26:66", "'../vpc.yml' leads out of the repository", "inside it"),
    ("timeout: 5m,", "enabled: A-B,", "26:24", "database.vpc-tests.enabled cannot be 'A-B'", "must match"),
    ("lock-timeout", "lock-timout", "24:3", "unknown key 'lock-timout' in database", "'lock-timeout'"),
    (
        "  migrations: migrations\n  expected: src/tables.py:metadata\n",
        "",
        "15:1",
        "nothing says what the schema is to be",
        "'migrations', 'expected' or both",
    ),
    ("database: true", 'database: "yes"', "12:15", "functions.api.database is the text 'yes'", "true or false"),
    (
        "MODE: quiet",
        "AURORA_HOST: db",
        "13:19",
        "AURORA_HOST is given to every function with 'database: true'",
        "remove it here",
    ),
]


@pytest.mark.parametrize(("old", "new", "where", "what", "what_next"), REFUSED)
def test_one_message_says_what_where_and_what_next(old: str, new: str, where: str, what: str, what_next: str) -> None:
    with pytest.raises(ConfigError) as refused:
        small(old, new)
    error = refused.value
    assert what in error.what.splitlines()[0]
    assert error.where == f"t.yaml:{where}"
    assert what_next in error.what_next


def test_a_function_uses_no_database_that_is_not_declared() -> None:
    section = SMALL[SMALL.index("database:\n") : SMALL.index("environments:")]
    with pytest.raises(ConfigError) as refused:
        small(section, "")
    assert "function 'api' uses a database, and none is declared" in refused.value.what
    assert refused.value.where == "t.yaml:12:15"


@pytest.mark.parametrize("source", ["schema.yaml", "a/b/schema.yml", "schema.json", "src/t.py:Base.metadata"])
def test_what_the_code_expects_may_stand_in_a_file(source: str) -> None:
    database = small("src/tables.py:metadata", source).database
    assert database
    assert database.expected == source


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"AURORA_ENABLED": "true"}, ""),
        ({"AURORA_ENABLED": " True"}, ""),
        ({"AURORA_ENABLED": "false"}, "AURORA_ENABLED is 'false', not `true`"),
        ({"AURORA_ENABLED": "1"}, "AURORA_ENABLED is '1', not `true`"),
        ({"AURORA_ENABLED": ""}, "AURORA_ENABLED is not set"),
        ({"OTHER": "true"}, "AURORA_ENABLED is not set"),
    ],
)
def test_tests_inside_the_vpc_apply_where_their_variable_says_so(variables: dict[str, str], why: str) -> None:
    assert VpcTests("vpc-{env}").idle(variables) == why
