"""`tidegate actions`: the workflow files of GitHub Actions, made of the pipeline file."""

import click

from tidegate.cli.wiring import json_option, print_json, project_of
from tidegate.operations.actions import WorkflowsDiffer, check_workflows, pinned_actions, warnings_of, write_workflows


@click.group()
def actions() -> None:
    """The workflow files of GitHub Actions, made of the pipeline file."""


@actions.command()
@click.pass_context
def write(context: click.Context) -> None:
    """Write the workflow files into .github/workflows, and remove those that Tidegate made and are no longer wanted.

    A file that somebody wrote by hand is never written over.
    """
    project = project_of(context)
    changed = write_workflows(project)
    for path, what in changed.items():
        click.echo(f"{what} {path}")
    if not changed:
        click.echo("every workflow file is as it should be")
    _warn(warnings_of(project))


@actions.command()
@json_option
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> int:
    """Compare the workflow files with what the pipeline file makes. Exits with 1 when one differs, and shows how."""
    project = project_of(context)
    found = check_workflows(project)
    warnings = warnings_of(project)
    if as_json:
        print_json({"differences": found, "warnings": warnings})
        return WorkflowsDiffer.exit_code if found else 0
    _warn(warnings)
    for one in found:
        # All of a file that is not there would hide what somebody edited in another one.
        click.echo(one.diff if one.line else f"{one.path} {one.what}")
    if found:
        raise WorkflowsDiffer(found)
    click.echo("every workflow file is as it should be")
    return 0


@actions.command()
@json_option
@click.pass_context
def pins(context: click.Context, *, as_json: bool) -> None:
    """List the actions that workflow files may use, each with its commit and the tag that the commit had."""
    found = pinned_actions(project_of(context))
    if as_json:
        print_json(found)
        return
    width = max(len(pin.action) for pin in found)
    for pin in found:
        click.echo(f"{pin.action:<{width}}  {pin.commit}  {pin.tag}")


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
