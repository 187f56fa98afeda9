"""What `tidegate approve` and `tidegate reject` share: a decision is recorded, and the run goes on."""

import os

import click

from tidegate.cli.detach import detach
from tidegate.cli.follow import follow, stands_still
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, project_of, run_async
from tidegate.errors import ConfigError
from tidegate.model.job import Phase
from tidegate.model.run import RunView
from tidegate.operations.approve import decide
from tidegate.operations.dispatch import Dispatch, dispatch_of, not_sent, send
from tidegate.operations.project import Project
from tidegate.operations.run import alive, carry
from tidegate.operations.workflow import workflow_port

LEFT = "the watching ends; the run goes on"


def decided(
    context: click.Context, run: str, environment: str, reason: str, *, approved: bool, detached: bool, as_json: bool
) -> int:
    """Record a decision and follow the run; this process takes it up, unless another one walks it or GitHub has to."""
    project = project_of(context)
    view = decide(project, run, environment, reason, approved=approved)
    dispatch = dispatch_of(project, view)
    if detached:
        click.echo(f"run {run} was {'approved' if approved else 'rejected'} for {environment}")
    if dispatch is not None:
        return _on_github(project, view, dispatch, detached=detached, as_json=as_json)
    stands = not alive(view)
    if detached:
        if stands:
            detach(project, run)
        return 0
    work = carry(project, run, unless_ended=True) if stands else None
    return conclude(run_async(follow(project, run, work), PUTTING_BACK), as_json=as_json)


def _on_github(project: Project, view: RunView, dispatch: Dispatch, *, detached: bool, as_json: bool) -> int:
    """Let a workflow run take the run up; the one that asked must have ended before."""
    if view.phase is not Phase.WAITING and detached:
        raise not_sent(dispatch, "the workflow run that asked for it has not ended")
    if view.phase is not Phase.WAITING:
        click.echo("the workflow run that asked for it is waited for", err=True)
        view = run_async(
            follow(project, view.id), f"the decision is recorded; when that one has ended, {dispatch.by_hand}"
        )
    if view.phase is Phase.WAITING:
        run_async(_sent(dispatch))
        click.echo(f"sent to GitHub; follow it with: tidegate watch {view.id}", err=True)
        if detached:
            return 0
        view = run_async(follow(project, view.id, over=stands_still), LEFT)
    return conclude(view, as_json=as_json)


async def _sent(dispatch: Dispatch) -> None:
    try:
        port = workflow_port(dispatch.origin, os.environ)
    except ConfigError as without:
        raise not_sent(dispatch, f"{without.what} ({without.where})") from without
    async with port as github:
        await send(dispatch, github)
