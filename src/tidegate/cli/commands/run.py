"""`tidegate run`: carry a commit through every environment."""

import getpass
from collections.abc import Awaitable

import click

from tidegate.cli.detach import detach as carry_on
from tidegate.cli.follow import follow
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, json_option, project_of, run_async
from tidegate.model.job import Waiver
from tidegate.model.run import RunView
from tidegate.operations.plan import Planned
from tidegate.operations.project import Project
from tidegate.operations.run import carry, plan_and_open

Opening = Awaitable[tuple[str, Planned]]


@click.command()
@click.option("--commit", default="HEAD", help="What to carry; HEAD by default.")
@click.option("--branch", default=None, help="The branch that was pushed; the one checked out by default.")
@click.option("--trigger", default="by hand", help="What started it, for people.")
@click.option(
    "--without-way-back",
    "unproven",
    metavar="ENVIRONMENT",
    multiple=True,
    help="Deploy there even if the way back is not proven; may be given again.",
)
@click.option("--reason", default="", help="Why that is right, for those who read the history.")
@click.option("--detach", is_flag=True, help="Return as soon as the run is planned; it goes on by itself.")
@json_option
@click.pass_context
def run(  # noqa: PLR0913 - one an option
    context: click.Context,
    commit: str,
    branch: str | None,
    trigger: str,
    unproven: tuple[str, ...],
    reason: str,
    *,
    detach: bool,
    as_json: bool,
) -> int:
    """Carry a commit through every environment: build what changed, test, promote.

    Exits with 0 when the release is live everywhere or when nothing needs to run, with 1 when a job failed, with 5 when
    it waits for an approval.
    """
    if reason and not unproven:
        raise click.UsageError("--reason says why it is right to go on --without-way-back; there is none.")
    project = project_of(context)
    waiver = Waiver(unproven, getpass.getuser(), reason) if unproven else None
    opening = plan_and_open(project, commit, branch, trigger, waiver)
    if detach:
        return _detached(project, *run_async(_opened(opening)))
    return conclude(run_async(_run(project, opening), PUTTING_BACK), as_json=as_json)


async def _run(project: Project, opening: Opening) -> RunView:
    number, _ = await opening
    return await follow(project, number, carry(project, number))


async def _opened(opening: Opening) -> tuple[str, bool, str]:
    number, planned = await opening
    return number, planned.plan.empty, planned.plan.reason


def _detached(project: Project, number: str, empty: bool, reason: str) -> int:
    click.echo(f"run {number}: {reason}")
    if empty:
        return 0
    carry_on(project, number)
    return 0
