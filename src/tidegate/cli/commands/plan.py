"""`tidegate plan`: what a push would do, and why."""

import click

from tidegate.cli.wiring import json_option, print_json, project_of, run_async
from tidegate.model.changes import ChangeSet
from tidegate.operations.plan import Planned, make_plan, printable

REASONS_SHOWN = 3
NO_COMPONENT = "no component"


@click.command()
@click.argument("commit", default="HEAD")
@json_option
@click.pass_context
def plan(context: click.Context, commit: str, *, as_json: bool) -> None:
    """Show what carrying COMMIT would do: which file matched which pattern, and which jobs run.

    Changes are counted from the last release, and each job shows how long it took the last times. Nothing is started.
    """
    planned = run_async(make_plan(project_of(context), commit))
    if as_json:
        print_json({"plan": planned.plan, "changes": planned.changes, "expected_seconds": planned.expected})
        return
    _print(planned)


def _print(planned: Planned) -> None:
    changes, what = planned.changes, planned.plan
    since = f"since {changes.base[:12]}" if changes.base else "and no release yet"
    click.echo(f"commit {changes.head[:12]}: {len(changes.files)} files {since}")
    width = max((len(component) for component in (*changes.components, NO_COMPONENT)), default=0)
    for component in sorted(changes.components):
        _print_component(changes, component, width)
    if changes.ignored:
        click.echo(f"  {'ignored':<{width}} {len(changes.ignored)} files, such as {printable(changes.ignored[0].file)}")
    if changes.unmatched:
        click.echo(
            f"  {NO_COMPONENT:<{width}} {len(changes.unmatched)} files, such as {printable(changes.unmatched[0])}"
        )
    click.echo(f"plan: {what.reason}")
    for job in what.jobs if not what.empty else ():
        seconds = planned.expected.get(job.name)
        took = f"~{seconds:.1f} s" if seconds is not None else ""
        click.echo(f"  {'run ' if job.applies else 'skip'} {job.name:<26} {took:>8}  {job.reason}")


def _print_component(changes: ChangeSet, component: str, width: int) -> None:
    reasons = changes.reasons(component)
    for match in reasons[:REASONS_SHOWN]:
        click.echo(f"  {component:<{width}} {printable(match.file)} matches {match.pattern}")
    if len(reasons) > REASONS_SHOWN:
        click.echo(f"  {'':<{width}} and {len(reasons) - REASONS_SHOWN} more")
