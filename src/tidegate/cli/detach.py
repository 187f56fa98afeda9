"""A run that goes on in a process of its own, behind the command that began it."""

import subprocess
import sys

import click

from tidegate.operations.project import Project


def detach(project: Project, run: str) -> None:
    """Start a process that walks a run, and say how to follow it."""
    log = project.home.log(run, "run")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tidegate", "--repo", str(project.folder), "--home", str(project.home.root)]
    with log.open("ab") as output:
        subprocess.Popen(
            [*command, "--file", project.file, "carry", run],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    click.echo(f"follow it with: tidegate --home {project.home.root} status {run} --follow")
