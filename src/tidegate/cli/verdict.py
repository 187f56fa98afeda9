"""How a command that walked a run ends: what it prints, and its exit code."""

import click

from tidegate.cli.picture import told
from tidegate.cli.wiring import print_json
from tidegate.model.job import Phase
from tidegate.model.origin import GithubOrigin
from tidegate.model.run import RunView
from tidegate.operations.dispatch import Dispatch

WAITS = 5
"""Exit code of a command that left a run waiting for an approval."""


def conclude(run: RunView, *, as_json: bool) -> int:
    """Print how a run stands; returns the exit code: 0 when it let pass, 5 when it waits, 130 if cancelled, else 1."""
    if as_json:
        print_json(run)
    else:
        click.echo(f"run {run.id} {run.shown}: {run.reason}")
        for job in run.jobs.values():
            if job.phase is Phase.FAILED and job.failure:
                click.echo(told(job.failure), err=True)
        for note in run.notes:
            click.echo(note.text)
        for what_next in approvals_of(run):
            click.echo(f"  next: {what_next}", err=True)
        if run.superseded_by:
            click.echo(f"  next: `tidegate status {run.superseded_by}` shows how far the newer run is", err=True)
        elif run.interrupted or run.phase in {Phase.FAILED, Phase.CANCELLED}:
            click.echo(f"  next: `tidegate resume {run.id}` when the cause is mended, or push a fix", err=True)
    if run.phase.lets_pass:
        return 0
    if run.phase is Phase.WAITING:
        return WAITS
    return 130 if run.phase is Phase.CANCELLED else 1


def approvals_of(run: RunView) -> list[str]:
    """What a person can do about a run that waits; empty for any other."""
    if run.phase is not Phase.WAITING:
        return []
    if not run.undecided and (origin := GithubOrigin.of(run.origin)):
        return [f"it was decided about; where nothing took it up, {Dispatch(origin, run.branch, run.id).by_hand}"]
    if not run.undecided:
        return [f"`tidegate resume {run.id}` takes it up: it was decided about, and nobody did"]
    return [f"`tidegate approve {run.id} {name} --reason …` or `tidegate reject …`" for name in run.undecided]
