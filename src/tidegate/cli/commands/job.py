"""`tidegate job`: one job of a run, in a process of its own."""

import os
from collections.abc import Mapping

import click

from tidegate.cli.job_summary import summary
from tidegate.cli.picture import told
from tidegate.cli.runner import annotations, literally, masks, write_outputs
from tidegate.cli.wiring import PUTTING_BACK, json_option, print_json, project_of, run_async
from tidegate.errors import Failure
from tidegate.model.job import JobReport, Phase
from tidegate.operations.github_context import GithubContext
from tidegate.operations.job import JobEnd
from tidegate.operations.jobs import do_job


@click.command()
@click.argument("name")
@click.option("--run", "number", default="", envvar="TIDEGATE_RUN", help="Number of the run that the job belongs to.")
@json_option
@click.pass_context
def job(context: click.Context, name: str, number: str, *, as_json: bool) -> int:
    """Do the job NAME of a run here, and nothing else of the run.

    Jobs of one run may be on several machines, which share the ledger: it says whether the job applies, and whether
    what comes before it let it pass. Besides the jobs of the plan there are `detect-changes`, which opens a run and
    says what there is to do, `put-back-ENVIRONMENT`, which puts back what a lost job left half-way, and `gate`, which
    ends the run. Without a run, a declared gate judges the checkout.
    """
    github = GithubContext.of(os.environ)
    work = do_job(
        project_of(context),
        name,
        number,
        github,
        os.environ.get("TIDEGATE_NEEDS"),
        lambda line: click.echo(line, err=as_json),
    )
    if github is None:
        return _ended(run_async(work, PUTTING_BACK), as_json=as_json, aside=True)
    for command in masks(github.secrets):
        click.echo(command)
    refusal = 0
    with literally(name):
        try:
            end = run_async(work, PUTTING_BACK)
        except Failure as refused:
            end, refusal = _refused(name, refused), refused.exit_code
        # A runner reads both streams for commands, and knows no order between them.
        code = _ended(end, as_json=as_json, aside=False)
    if end.report.failure:
        for command in annotations(end.report.failure, name):
            click.echo(command)
    if github.output is not None:
        write_outputs(github.output, end.outputs)
    if github.summary is not None:
        with github.summary.open("a", encoding="utf-8") as file:
            file.write(summary(end))
    return refusal or code


def _refused(name: str, refused: Failure) -> JobEnd:
    failure = {"what": refused.what, "where": refused.where, "what_next": refused.what_next}
    return JobEnd(name, JobReport(Phase.FAILED, refused.what, failure=failure))


def _ended(end: JobEnd, *, as_json: bool, aside: bool) -> int:
    """Print how a job ended; returns the exit code: a wait for a person is no failure of the job that asks.

    `aside` lets a failure be told on standard error.
    """
    report = end.report
    if as_json:
        run = end.run.id if end.run else ""
        print_json({"name": end.name, "run": run, "report": report, "outputs": end.outputs, "notes": end.notes})
    else:
        click.echo(f"{end.name} {report.phase.value}: {report.detail}")
        for line in (*end.notes, *_outputs(end.outputs)):
            click.echo(line)
        if report.failure:
            click.echo(told(report.failure), err=aside)
    if report.phase.lets_pass or report.phase is Phase.WAITING:
        return 0
    return 130 if report.phase is Phase.CANCELLED else 1


def _outputs(outputs: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in outputs.items()]
