"""`tidegate run`: carry a commit through every environment."""

import click

from tidegate.cli.detach import detach as carry_on
from tidegate.cli.follow import follow
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import json_option, project_of, run_async
from tidegate.model.run import RunView
from tidegate.operations.project import Project
from tidegate.operations.run import carry, plan_and_open


@click.command()
@click.option("--commit", default="HEAD", help="What to carry; HEAD by default.")
@click.option("--branch", default=None, help="The branch that was pushed; the one checked out by default.")
@click.option("--trigger", default="by hand", help="What started it, for people.")
@click.option("--detach", is_flag=True, help="Return as soon as the run is planned; it goes on by itself.")
@json_option
@click.pass_context
def run(context: click.Context, commit: str, branch: str | None, trigger: str, *, detach: bool, as_json: bool) -> int:
    """Carry a commit through every environment: build what changed, test, promote.

    Exits with 0 when the release is live everywhere or when nothing needs to run, with 1 when a job failed, with 5 when
    it waits for an approval.
    """
    project = project_of(context)
    if detach:
        return _detached(project, *run_async(_opened(project, commit, branch, trigger)))
    return conclude(run_async(_run(project, commit, branch, trigger)), as_json=as_json)


async def _run(project: Project, commit: str, branch: str | None, trigger: str) -> RunView:
    number, _ = await plan_and_open(project, commit, branch, trigger)
    return await follow(project, number, carry(project, number))


async def _opened(project: Project, commit: str, branch: str | None, trigger: str) -> tuple[str, bool, str]:
    number, planned = await plan_and_open(project, commit, branch, trigger)
    return number, planned.plan.empty, planned.plan.reason


def _detached(project: Project, number: str, empty: bool, reason: str) -> int:
    click.echo(f"run {number}: {reason}")
    if empty:
        return 0
    carry_on(project, number)
    return 0
