"""`tidegate verify`: put what is live to the test again."""

import click

from tidegate.cli.follow import follow
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, json_option, project_of, run_async
from tidegate.operations.run import carry
from tidegate.operations.verify import open_verification


@click.command()
@click.argument("environment")
@json_option
@click.pass_context
def verify(context: click.Context, environment: str, *, as_json: bool) -> int:
    """Test what is live in ENVIRONMENT again, with the tests of its own commit. No pointer moves.

    A release that fails is no longer eligible for the environments behind this one, until it goes live here again or
    passes the same tests.
    """
    project = project_of(context)
    run = open_verification(project, environment)
    return conclude(run_async(follow(project, run, carry(project, run)), PUTTING_BACK), as_json=as_json)
