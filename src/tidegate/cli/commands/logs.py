"""`tidegate logs`: what jobs and functions said."""

import contextlib

import click

from tidegate.cli.wiring import project_of, run_async
from tidegate.errors import CloudError
from tidegate.operations.logs import job_log, open_function_log
from tidegate.operations.project import Project


@click.command()
@click.argument("environment", required=False)
@click.argument("function", required=False)
@click.option("--job", default=None, help="Job whose log to show.")
@click.option("--run", default=None, help="Run of the job; the newest by default.")
@click.option("--since", default=3600.0, show_default=True, help="Seconds to look back in a function's log.")
@click.option("--follow", "follows", is_flag=True, help="Go on with what the function says, until Ctrl-C.")
@click.pass_context
def logs(
    context: click.Context,
    environment: str | None,
    function: str | None,
    job: str | None,
    run: str | None,
    since: float,
    *,
    follows: bool,
) -> None:
    """Show the log of a job (--job NAME), or of FUNCTION in ENVIRONMENT from CloudWatch.

    Each line of a function's log has its time (UTC), the version that wrote it, and the pointers to that version.
    """
    project = project_of(context)
    if job is not None:
        if follows:
            raise click.UsageError("--follow is for a function's log; `tidegate watch` follows a run")
        click.echo(job_log(project, run, job), nl=False)
        return
    if not environment or not function:
        raise click.UsageError("give --job NAME, or ENVIRONMENT and FUNCTION")
    run_async(_function(project, environment, function, since, follows=follows))


async def _function(project: Project, environment: str, function: str, since: float, *, follows: bool) -> None:
    async with open_function_log(project, environment, function) as log:
        if not follows:
            _print(await log.lines(since))
            return
        async with contextlib.aclosing(log.follow(since)) as seen:
            async for lines in seen:
                if isinstance(lines, CloudError):
                    click.echo(f"not seen, asked again: {lines.what}", err=True)
                else:
                    _print(lines)


def _print(lines: tuple[str, ...]) -> None:
    for line in lines:
        click.echo(line)
