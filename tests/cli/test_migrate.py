"""What a person is told who asks for migrations that there are not, or too early."""

from collections.abc import Callable

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.test_errors import WHOLE
from tests.cli.test_schema_status import DECLARED, went_live


@pytest.fixture
def line(new_command_line: Callable[[], CommandLine]) -> CommandLine:
    line = new_command_line()
    line.commit(**{"tidegate.yaml": DECLARED, "Dockerfile": "FROM x"})
    return line


@pytest.mark.parametrize("verb", [("status",), ("plan",), ("plan", "--phase", "contract")])
def test_an_environment_that_there_is_not(line: CommandLine, verb: tuple[str, ...]) -> None:
    refused = line("migrate", verb[0], "nowhere", *verb[1:])
    assert refused.returncode == 2
    assert "there is no environment nowhere" in refused.stderr
    assert "name one of" in refused.stderr


def test_a_product_without_migrations(line: CommandLine) -> None:
    line.commit(**{"tidegate.yaml": WHOLE})
    refused = line("migrate", "status", "prod")
    assert refused.returncode == 2
    assert "the product has no migrations" in refused.stderr


def test_nothing_is_contracted_where_nothing_is_live(line: CommandLine) -> None:
    refused = line("migrate", "apply", "prod", "--phase", "contract", "--yes")
    assert refused.returncode == 2
    assert "nothing is live in prod" in refused.stderr


def test_too_early_no_run_is_opened(line: CommandLine) -> None:
    commit = line.commit()
    with line.project.ledger() as ledger:
        went_live(ledger, commit, ())
        went_live(ledger, commit, ("c1",))
        runs = len(ledger.runs())
        refused = line("migrate", "apply", "prod", "--phase", "contract", "--yes")
        assert refused.returncode == 1
        assert "contract c1 must wait: r1 needs what it takes away" in refused.stderr
        assert len(ledger.runs()) == runs


def test_without_an_answer_nothing_is_contracted(line: CommandLine) -> None:
    commit = line.commit()
    with line.project.ledger() as ledger:
        went_live(ledger, commit, ("c1",))
        runs = len(ledger.runs())
        assert line("migrate", "apply", "prod", "--phase", "contract").returncode != 0
        assert len(ledger.runs()) == runs
