"""`tidegate logs`: what jobs and functions said."""

import click

from tidegate.cli.wiring import project_of, run_async
from tidegate.operations.logs import function_log, job_log


@click.command()
@click.argument("environment", required=False)
@click.argument("function", required=False)
@click.option("--job", default=None, help="Job whose log to show.")
@click.option("--run", default=None, help="Run of the job; the newest by default.")
@click.option("--since", default=3600.0, show_default=True, help="Seconds to look back in a function's log.")
@click.pass_context
def logs(
    context: click.Context,
    environment: str | None,
    function: str | None,
    job: str | None,
    run: str | None,
    since: float,
) -> None:
    """Show the log of a job (--job NAME), or of FUNCTION in ENVIRONMENT from CloudWatch."""
    project = project_of(context)
    if job is not None:
        click.echo(job_log(project, run, job), nl=False)
        return
    if not environment or not function:
        raise click.UsageError("give --job NAME, or ENVIRONMENT and FUNCTION")
    for line in run_async(function_log(project, environment, function, since)):
        click.echo(line)
