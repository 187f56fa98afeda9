"""`tidegate check`: is the pipeline file right?"""

import click

from tidegate.cli.wiring import json_option, print_json, project_of
from tidegate.config.load import load


@click.command()
@json_option
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> None:
    """Check the pipeline file of the working tree: every mistake with line, column and the nearest valid name."""
    project = project_of(context)
    path = project.folder / project.file
    pipeline = load(path)
    if as_json:
        print_json(pipeline)
        return
    parts = (
        f"{len(pipeline.components)} components",
        f"{len(pipeline.images)} images",
        f"{len(pipeline.functions)} functions",
        "a site" if pipeline.site else "no site",
        f"environments {' → '.join(pipeline.environments)}",
    )
    click.echo(f"{path}: right: {pipeline.product}, {', '.join(parts)}")
