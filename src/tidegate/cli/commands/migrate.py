"""`tidegate migrate`: the migrations of a product and the databases of its environments."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from tidegate.cli.follow import follow
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, json_option, plain, print_json, project_of, run_async
from tidegate.operations.migrate import (
    MigrationPhase,
    MigrationStatus,
    Outline,
    Revision,
    migration_outline,
    migration_status,
    open_contraction,
)
from tidegate.operations.run import carry

commit_option = click.option("--commit", default="HEAD", help="Whose migrations are meant; HEAD by default.")


@click.group()
def migrate() -> None:
    """The migrations of a product, and the databases of its environments.

    Runs apply what expands: `migrate-ENV`, before the code goes there. What takes away, a person applies.
    """


@migrate.command()
@click.argument("environment")
@commit_option
@json_option
@click.pass_context
def status(context: click.Context, environment: str, commit: str, *, as_json: bool) -> None:
    """Show which migrations the database of ENVIRONMENT has, and which it lacks."""
    found = run_async(migration_status(project_of(context), environment, commit))
    if as_json:
        print_json(_facts(found))
        return
    standing = found.standing
    click.echo(f"{environment}: {found.database}, {len(standing.applied)} of {len(standing.history.revisions)} applied")
    for revision in standing.history.revisions:
        click.echo(f"  {'applied' if revision.id in standing.applied else 'pending':<8} {_line(revision)}")
    if standing.contract and not standing.expand:
        click.echo(f"  {_contract(found)}")


@migrate.command()
@click.argument("environment")
@click.option(
    "--phase",
    type=click.Choice([phase.value for phase in MigrationPhase]),
    default=MigrationPhase.EXPAND.value,
    help="Before the code goes live, or after the way back has closed; expand by default.",
)
@commit_option
@json_option
@click.pass_context
def plan(context: click.Context, environment: str, phase: str, commit: str, *, as_json: bool) -> int:
    """Judge what would be applied to the database of ENVIRONMENT: by the lint, and up, down and up on a scratch server.

    Writes nothing. Exits with 1 when a finding blocks.
    """
    found = run_async(migration_outline(project_of(context), environment, MigrationPhase(phase), commit))
    if as_json:
        print_json(
            {
                "phase": phase,
                "pending": [_plain(one) for one in found.revisions],
                "findings": [plain(one) for one in found.findings],
                "unseen": dict(found.trip.bare),
                "blocks": bool(found.blocking),
            }
        )
    else:
        _print_plan(environment, phase, found)
    return 1 if found.blocking else 0


@migrate.command()
@click.argument("environment")
@click.option(
    "--phase",
    type=click.Choice([MigrationPhase.CONTRACT.value]),
    required=True,
    help="contract: what takes away. Runs apply what expands.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
def apply(context: click.Context, environment: str, phase: str, *, yes: bool, as_json: bool) -> int:
    """Apply the contract migrations of what is live in ENVIRONMENT, behind a snapshot of its cluster.

    Refused while a release may have to come back that needs what they take away. Before, they are tried on a scratch
    server, and what is live is tested on a scratch database without what would go.
    """
    project = project_of(context)
    if not yes:
        click.confirm(f"{phase} the database of {environment}? Code from before then has no way back", abort=True)
    run = open_contraction(project, environment)
    return conclude(run_async(follow(project, run, carry(project, run)), PUTTING_BACK), as_json=as_json)


def _print_plan(environment: str, phase: str, found: Outline) -> None:
    if not found.revisions:
        click.echo(f"{environment}: nothing to {phase}")
        return
    click.echo(f"{environment}: {len(found.revisions)} to {phase}")
    for revision in found.revisions:
        click.echo(f"  {_line(revision)}")
    for finding in found.findings:
        level = "accepted" if finding.accepted else finding.severity.value
        click.echo(f"  {level:<8} {finding.line}")
    for table, why in found.trip.bare.items():
        click.echo(f"  unseen   what happens to the rows of {table}, which took none on the scratch server: {why}")
    if not found.blocking:
        click.echo("  up, down and up on a scratch server: as it should be")


def _contract(found: MigrationStatus) -> str:
    names = ", ".join(revision.id for revision in found.standing.contract)
    known = found.known
    if known is not None and known.contract_from is not None and known.contract_from > datetime.now(UTC).timestamp():
        until = datetime.fromtimestamp(known.contract_from, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"contract {names} waits until {until}: {known.contract_waits_for} might have to come back"
    return f"contract {names} may be applied: `tidegate migrate apply {found.environment} --phase contract`"


def _line(revision: Revision) -> str:
    return f"{revision.phase.value:<8} {revision.id} {revision.title}".rstrip()


def _plain(revision: Revision) -> dict[str, object]:
    return {
        "id": revision.id,
        "phase": revision.phase.value,
        "title": revision.title,
        "file": revision.file,
        "lossless": revision.lossless,
    }


def _facts(found: MigrationStatus) -> dict[str, object]:
    standing, known = found.standing, found.known

    def listed(revisions: Iterable[Revision]) -> list[dict[str, object]]:
        return [_plain(one) for one in revisions]

    return {
        "environment": found.environment,
        "database": found.database,
        "applied": listed(one for one in standing.history.revisions if one.id in standing.applied),
        "pending": listed((*standing.expand, *standing.contract)),
        "contract_from": known.contract_from if known else None,
        "contract_waits_for": known.contract_waits_for if known else "",
    }
