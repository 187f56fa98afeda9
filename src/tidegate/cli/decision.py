"""What `tidegate approve` and `tidegate reject` share: a decision is recorded, and the run goes on."""

import click

from tidegate.cli.detach import detach
from tidegate.cli.follow import follow
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, project_of, run_async
from tidegate.operations.approve import decide
from tidegate.operations.run import carry


def decided(
    context: click.Context, run: str, environment: str, reason: str, *, approved: bool, detached: bool, as_json: bool
) -> int:
    """Record a decision and follow the run, which this process takes up unless another one walks it."""
    project = project_of(context)
    stands = decide(project, run, environment, reason, approved=approved)
    if detached:
        click.echo(f"run {run} was {'approved' if approved else 'rejected'} for {environment}")
        if stands:
            detach(project, run)
        return 0
    work = carry(project, run, unless_ended=True) if stands else None
    return conclude(run_async(follow(project, run, work), PUTTING_BACK), as_json=as_json)
