"""What a person is told of an environment's schema, and of a rollback that has no way back any more."""

import json
import time
from collections.abc import Callable

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.test_errors import WHOLE
from tidegate.ledger.ledger import Ledger
from tidegate.model.record import SchemaMoved
from tidegate.model.release import Release, SchemaRevision

DECLARED = (
    WHOLE
    + """\
database:
  engine: postgresql
  cluster: db-{env}
  secret: db-{env}
  components: [backend]
  migrations: migrations
  rollback-window: 2h
"""
)


@pytest.fixture
def line(new_command_line: Callable[[], CommandLine]) -> CommandLine:
    line = new_command_line()
    line.commit(**{"tidegate.yaml": DECLARED, "Dockerfile": "FROM x"})
    return line


def went_live(ledger: Ledger, commit: str, contract: tuple[str, ...]) -> str:
    run = ledger.open_run(commit, "main", None, "test").id
    schema = SchemaRevision(commit, "sha256:m", "sha256:e", "2b", contract)
    release = ledger.add_release(Release("", commit, run, 0.0, configuration=run, schema=schema)).id
    ledger.acquire("prod", run, "me", "deploy", 60.0)
    ledger.record_intent("prod", run, release, {"functions": {}, "app": ""})
    ledger.schema_moved("prod", SchemaMoved(run, release, "expand", ("2b",), "2b", (), 0.0))
    ledger.went_live("prod", run, release, {"functions": {}, "app": ""}, lets_go=True)
    return release


def contract(ledger: Ledger) -> None:
    run = ledger.open_run("c", "main", None, "contract").id
    ledger.acquire("prod", run, "me", "contract", 60.0)
    ledger.schema_moved("prod", SchemaMoved(run, "r2", "contract", ("c1",), "2b", ("c1",), 0.0, by="ada"))
    ledger.release_lock("prod", run)


def test_status_tells_the_schema_and_when_contract_is_allowed(line: CommandLine) -> None:
    commit = line.commit()
    with line.project.ledger() as ledger:
        went_live(ledger, commit, ())
        assert "schema 2b\n" in line("status").stdout
        went_live(ledger, commit, ("c1",))
        said = line("status").stdout
        assert "schema 2b; contract c1 waits until 2" in said
        assert ": r1 needs what it takes away" in said
        found = json.loads(line("status", "--json").stdout)[0]
        assert (found["schema"], found["contract"], found["contract_waits_for"]) == ("2b", ["c1"], "r1")
        assert time.time() + 7100 < found["contract_from"] < time.time() + 7300
        contract(ledger)
        assert "schema 2b\n" in line("status").stdout


def test_contract_may_be_applied_where_nothing_needs_what_it_takes_away(line: CommandLine) -> None:
    commit = line.commit()
    with line.project.ledger() as ledger:
        went_live(ledger, commit, ("c1",))
    assert "contract c1 may be applied: `tidegate migrate apply prod --phase contract`" in line("status").stdout


def test_a_rollback_to_code_from_before_a_contract_is_refused_before_a_run_is_opened(line: CommandLine) -> None:
    commit = line.commit()
    with line.project.ledger() as ledger:
        went_live(ledger, commit, ())
        went_live(ledger, commit, ("c1",))
        contract(ledger)
        runs = len(ledger.runs())
        refused = line("rollback", "prod", "--reason", "it is slow")
        assert refused.returncode == 1
        assert "r1 cannot come back to prod: its code needs what contract migration c1 took away" in refused.stderr
        assert "a migration that adds it again" in refused.stderr
        assert len(ledger.runs()) == runs
        assert ledger.environment("prod").pinned is None


def test_status_answers_where_the_live_commit_is_not_in_this_clone(line: CommandLine) -> None:
    with line.project.ledger() as ledger:
        went_live(ledger, "0" * 40, ())
        went_live(ledger, "0" * 40, ("c1",))
    assert "schema 2b; contract c1 waits until 2" in line("status").stdout
