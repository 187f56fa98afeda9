"""`tidegate demo`: the example product from git push to prod."""

import json
import time
from pathlib import Path

import click

from tidegate.cli.follow import follow
from tidegate.cli.wiring import project_of, run_async, until_interrupted
from tidegate.config.load import load
from tidegate.execute.home import Home
from tidegate.model.job import Phase
from tidegate.operations.cloud_up import embedded_cloud
from tidegate.operations.demo import Stage, push, report, set_stage

REPORT = "demo-report.json"


@click.command()
@click.option(
    "--example",
    type=click.Path(path_type=Path),
    default=Path("examples/daily-report"),
    show_default=True,
    help="The product to carry.",
)
@click.option("--keep", is_flag=True, help="Stay up with the URLs open until Ctrl-C.")
@click.pass_context
def demo(context: click.Context, example: Path, *, keep: bool) -> int:
    """Carry the example product from `git push origin telegram` to prod, on the embedded cloud.

    Ends by itself with a summary, and writes the same facts to demo-report.json in the home folder.
    """
    home = project_of(context).home
    return run_async(_demo(example, home, keep=keep))


async def _demo(example: Path, home: Home, *, keep: bool) -> int:
    began = time.monotonic()
    stage = set_stage(example.absolute(), home)
    pipeline = load(stage.work)
    async with embedded_cloud(stage.project, pipeline) as cloud:
        click.echo(f"embedded cloud up at {cloud.endpoint} after {time.monotonic() - began:.1f} s")
        click.echo("$ git push origin telegram")
        click.echo(await push(stage, pipeline), nl=False)
        with stage.project.ledger() as ledger:
            run = await follow(stage.project, ledger.runs(1)[0].id)
            facts = report(ledger, ledger.run(run.id), pipeline, cloud, time.monotonic() - began)
        (home.root / REPORT).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        _print(facts, stage, home)
        if keep:
            click.echo("\nstays up until Ctrl-C")
            await until_interrupted()
    return 0 if run.phase is Phase.SUCCEEDED else 1


def _print(facts: dict[str, object], stage: Stage, home: Home) -> None:
    click.echo("")
    environments = facts["environments"]
    assert isinstance(environments, dict)
    for name, one in environments.items():
        click.echo(f"{name}: {one['release'] or 'nothing is live'}")
        for function, version in one["functions"].items():
            click.echo(f"  {function:<44} version {version['version']:<4} {version['digest'][:19]}")
        if database := one.get("database"):
            waits = ", ".join(database["contract_waits"])
            stands = f"schema at {database['expand']}" + (f"; contract {waits} waits for a person" if waits else "")
            click.echo(f"  {database['cluster']:<44} {stands}")
        if one["site"].get("app_url"):
            click.echo(f"  APP  {one['site']['app_url']}/   TEST {one['site']['test_url']}/   API {one['api_url']}")
    click.echo("")
    jobs = facts["jobs"]
    assert isinstance(jobs, list)
    for job in jobs:
        click.echo(f"  {job['name']:<31} {job['phase']:<10} {job['seconds']:>7.1f} s")
    click.echo(
        f"wall {facts['wall_seconds']:.1f} s, critical path of the run {facts['critical_path_seconds']:.1f} s"
        f"; facts in {home.root / REPORT}; the repository that was pushed from: {stage.work}"
    )
