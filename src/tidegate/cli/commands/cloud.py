"""`tidegate cloud up`: the embedded cloud."""

import time

import click

from tidegate.cli.wiring import json_option, print_json, project_of, run_async, until_interrupted
from tidegate.config.load import load
from tidegate.operations.cloud_up import CloudUp, embedded_cloud
from tidegate.operations.project import Project


@click.group()
def cloud() -> None:
    """The embedded cloud: AWS on 127.0.0.1, without an account and without Docker."""


@cloud.command()
@click.option("--port", default=4566, show_default=True, help="Port of the control plane; 0 takes a free one.")
@json_option
@click.pass_context
def up(context: click.Context, port: int, *, as_json: bool) -> None:
    """Start the embedded cloud, create what the pipeline file names, and stay up until Ctrl-C.

    It begins empty each time. Any AWS client works against it: set AWS_ENDPOINT_URL to the endpoint.
    """
    project = project_of(context)
    run_async(_up(project, port, as_json=as_json))


async def _up(project: Project, port: int, *, as_json: bool) -> None:
    began = time.monotonic()
    pipeline = load(project.folder / project.file)
    async with embedded_cloud(project, pipeline, port) as found:
        if as_json:
            print_json(found)
        else:
            _print(found, time.monotonic() - began)
        await until_interrupted()


def _print(found: CloudUp, seconds: float) -> None:
    click.echo(f"embedded cloud up in {seconds:.1f} s")
    click.echo(f"  endpoint  {found.endpoint}   (AWS_ENDPOINT_URL={found.endpoint})")
    click.echo(f"  registry  {found.registry}")
    if found.kept_ledger:
        click.echo(f"  the ledger of an earlier embedded cloud was kept as {found.kept_ledger}")
    for name, where in found.environments.items():
        click.echo(f"  {name:<9} APP {where.app_url}   TEST {where.test_url}   API {where.api_url}")
    click.echo("Ctrl-C ends it")
