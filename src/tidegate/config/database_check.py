"""What the section `database` demands of itself and of the rest of the file. Pure."""

from collections.abc import Iterator

from tidegate.config.database_section import DatabaseSection
from tidegate.config.document import PipelineFile
from tidegate.config.finding import Finding, seconds
from tidegate.config.problems import Path
from tidegate.model.database import VARIABLES


def check_database(file: PipelineFile) -> Iterator[Finding]:
    """Yield what is wrong with the database, and with functions that use one."""
    for key, function in file.functions.items():
        if not function.database:
            continue
        if file.database is None:
            what = f"function {key!r} uses a database, and none is declared"
            yield Finding(("functions", key, "database"), what, "add the section 'database', or remove the key")
        for variable in VARIABLES:
            if variable in function.environment:
                what = f"{variable} is given to every function with 'database: true'"
                yield Finding(("functions", key, "environment", variable), what, "remove it here", key=True)
    if file.database is not None and not file.functions:
        yield Finding(("database",), "no function uses the database: none is declared", "declare 'functions'", key=True)
    if file.database is not None:
        yield from _database(file.database)


def _database(database: DatabaseSection) -> Iterator[Finding]:
    if database.migrations is None and database.expected is None:
        what = "nothing says what the schema is to be, so the schema gate would prove nothing"
        yield Finding(("database",), what, "give 'migrations', 'expected' or both", key=True)
    buildspec = database.vpc_tests.buildspec if database.vpc_tests else None
    paths: dict[Path, str | None] = {
        ("migrations",): database.migrations,
        ("expected",): database.expected,
        ("vpc-tests", "buildspec"): buildspec,
    }
    for where, path in paths.items():
        if path is not None and ".." in path.split("/"):
            yield Finding(("database", *where), f"{path!r} leads out of the repository", "name one inside it")
    durations = {
        "rollback-window": database.rollback_window,
        "lock-timeout": database.lock_timeout,
        "statement-timeout": database.statement_timeout,
    }
    for key, duration in durations.items():
        if seconds(duration) == 0:
            what = f"{key} cannot be no time at all"
            yield Finding(("database", key), what, "write for example '2s', '5m' or '24h'")
    if 0 < seconds(database.statement_timeout) < seconds(database.lock_timeout):
        what = f"a statement that may take {database.statement_timeout} never waits {database.lock_timeout} for a lock"
        yield Finding(("database", "lock-timeout"), what, "make it shorter than 'statement-timeout'")
    if database.vpc_tests and seconds(database.vpc_tests.timeout) == 0:
        yield Finding(("database", "vpc-tests", "timeout"), "tests cannot end in no time", "write for example '20m'")


def database_names(database: DatabaseSection) -> dict[Path, str]:
    """Names that differ by environment, by where they stand in the section."""
    names: dict[Path, str] = {("cluster",): database.cluster, ("secret",): database.secret}
    if database.introspection is not None:
        names["introspection",] = database.introspection
    if database.vpc_tests is not None:
        names["vpc-tests", "project"] = database.vpc_tests.project
    return names
