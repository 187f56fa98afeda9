"""`tidegate ledger`: the record of runs, releases and what is live."""

from pathlib import Path

import click

from tidegate.cli.wiring import project_of
from tidegate.errors import LedgerError
from tidegate.operations.repair import check_ledger, salvage_ledger


@click.group()
def ledger() -> None:
    """The record of runs, releases and what is live."""


@ledger.command()
@click.pass_context
def check(context: click.Context) -> int:
    """Read every record and say which, if any, is not as it was written. Exits with 4 when one is not."""
    project = project_of(context)
    return _told(
        check_ledger(project), f"{project.ledger_place() or project.home.ledger}: every record is as it was written"
    )


@ledger.command()
@click.argument("into", type=click.Path(path_type=Path))
@click.pass_context
def salvage(context: click.Context, into: Path) -> int:
    """Copy what is whole of a damaged ledger to the new file INTO, and say what was lost. The ledger stays as it is."""
    project = project_of(context)
    return _told(salvage_ledger(project, into), f"copied everything to {into}")


def _told(failures: list[LedgerError], well: str) -> int:
    if not failures:
        click.echo(well)
        return 0
    for failure in failures:
        click.echo(str(failure), err=True)
    return LedgerError.exit_code
