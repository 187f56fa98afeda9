"""`tidegate doctor`: settings and infrastructure, looked at."""

import click

from tidegate.cli.wiring import json_option, plain, print_json, project_of, run_async
from tidegate.doctor.report import markdown
from tidegate.model.finding import Finding
from tidegate.operations.doctor import doctor as examined


@click.command()
@click.argument("environment", required=False)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown, for the summary of a job.")
@json_option
@click.pass_context
def doctor(context: click.Context, environment: str | None, *, as_markdown: bool, as_json: bool) -> int:
    """Look at the settings and the infrastructure of ENVIRONMENT, or of all: what is wrong, and what mends it.

    Changes nothing, and reads no value of a secret. Exits with 1 when an error was found that is not accepted.
    """
    diagnosis = run_async(examined(project_of(context), environment))
    found = diagnosis.environments
    if as_json:
        print_json({name: [_plain(one) for one in findings] for name, findings in found.items()})
    elif as_markdown:
        click.echo(markdown(found))
    else:
        for name, findings in found.items():
            _print(name, findings)
        for one in diagnosis.idle:
            click.echo(f"doctor.accept names {one.check} {one.where}, and nothing of it was found: take it away")
    return 1 if diagnosis.blocks else 0


def _plain(finding: Finding) -> object:
    fields = plain(finding)
    assert isinstance(fields, dict)
    return {**fields, "blocks": finding.blocks}


def _print(environment: str, findings: tuple[Finding, ...]) -> None:
    errors = sum(1 for one in findings if one.blocks)
    click.echo(f"{environment}: {_count(errors, 'error') if errors else 'sound'}{_others(findings)}")
    for one in findings:
        level = "accepted" if one.accepted else one.severity.value
        click.echo(f"  {level:<8} {one.check:<13} {one.where}: {one.what}")
        if one.accepted:
            click.echo(f"{'':<25}accepted: {one.accepted}")
            continue
        for line in one.mend:
            click.echo(f"{'':<25}$ {line}")


def _others(findings: tuple[Finding, ...]) -> str:
    accepted = sum(1 for one in findings if one.accepted)
    warnings = sum(1 for one in findings if not one.blocks and not one.accepted)
    told = [*([_count(warnings, "warning")] if warnings else []), *([f"{accepted} accepted"] if accepted else [])]
    return f" ({', '.join(told)})" if told else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
