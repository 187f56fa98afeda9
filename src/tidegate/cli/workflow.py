"""How a workflow run of GitHub's is told: what is new since the last look, and how it ended."""

import time
from collections.abc import Iterator, Mapping, Sequence

import click

from tidegate.cli.picture import line
from tidegate.cli.wiring import print_json
from tidegate.errors import CloudError
from tidegate.model.origin import GithubOrigin
from tidegate.model.workflow import Awaited, Status, WorkflowJob, standing
from tidegate.operations.failed_log import FailedLog, shown
from tidegate.operations.workflow import Sight, failed_logs, sights, workflow_port


async def follow_workflow(origin: GithubOrigin, variables: Mapping[str, str], *, as_json: bool) -> int:
    """Show a workflow run until it is over or waits for a person; returns the exit code.

    Raises:
        ConfigError: Without a token.
        CloudError: When GitHub refuses or does not answer.
    """
    async with workflow_port(origin, variables) as github:
        sight: Sight | None = None
        async for seen in sights(github, origin.id):
            if isinstance(seen, CloudError):
                click.echo(lost(seen, time.time()), err=True)
                continue
            for text in news(sight, seen, time.time()):
                click.echo(text, err=True)
            sight = seen
        assert sight  # what was never seen is an error
        return conclude_workflow(sight, await failed_logs(github, sight.jobs), as_json=as_json)


def news(before: Sight | None, sight: Sight, now: float) -> Iterator[str]:
    """Lines for what a sight shows and the one before did not."""
    run = sight.run
    if before is None:
        yield line(run.created or now, "run", shown(f"{run.workflow} {run.id} of {run.branch} at {run.commit[:7]}"))
        if run.url:
            yield line(run.created or now, "run", run.url)
    elif run.attempt != before.run.attempt:
        yield line(now, "run", f"attempt {run.attempt}")
        before = None
    known = {job.id: job for job in before.jobs} if before else {}
    for job in sight.jobs:
        yield from _job_news(known.get(job.id), job, now)
    for one in sight.awaited:
        if before is None or one not in before.awaited:
            yield line(now, shown(one.environment), _wait(one))


def lost(unseen: CloudError, now: float) -> str:
    """A line for a look that showed nothing."""
    return line(now, "run", f"not seen, asked again: {unseen.what}")


def conclude_workflow(sight: Sight, logs: Sequence[FailedLog], *, as_json: bool) -> int:
    """Print how a workflow run stands and why; returns the exit code: 0 for success alone."""
    if as_json:
        print_json({"run": sight.run, "jobs": sight.jobs, "awaited": sight.awaited, "standing": sight.standing})
        return sight.standing.exit_code
    print_logs(logs)
    click.echo(f"workflow run {sight.run.id} {shown(sight.standing.told)}")
    if sight.awaited:
        click.echo(f"  next: approve or reject it at {sight.run.url}", err=True)
    return sight.standing.exit_code


def print_logs(logs: Sequence[FailedLog]) -> None:
    """Print what failed jobs said last."""
    for log in logs:
        for text in _log(log):
            click.echo(text, err=True)


def _job_news(before: WorkflowJob | None, job: WorkflowJob, now: float) -> Iterator[str]:
    name = shown(job.name)
    if job.status is Status.COMPLETED:
        if before is None or before.status is not Status.COMPLETED:
            at_step = f" at {shown(job.failed_step.name)}" if job.failed_step else ""
            yield line(job.ended or now, name, f"{standing(job.status, job.conclusion).told}{at_step}")
    elif job.status is Status.IN_PROGRESS and (before is None or before.status is not Status.IN_PROGRESS):
        yield line(job.started or now, name, "started")


def _wait(one: Awaited) -> str:
    if one.reviewers:
        return f"waits for approval by {', '.join(map(shown, one.reviewers))}{' (you may)' if one.may_approve else ''}"
    return f"waits {one.wait_minutes} min, as its environment's wait timer says"


def _log(log: FailedLog) -> Iterator[str]:
    step = f", step {shown(log.job.failed_step.name)}" if log.job.failed_step else ""
    yield f"--- {shown(log.job.name)}{step}"
    if log.dropped:
        yield f"({log.dropped} lines before these; all are at {log.job.url})"
    yield from log.lines
