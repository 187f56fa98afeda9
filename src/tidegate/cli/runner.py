"""What a runner of GitHub's is told: annotations, groups, masks, outputs, a summary. Elsewhere none of it is printed.

Source: GitHub Docs, "Workflow commands for GitHub Actions". A runner takes any line that begins with `::` for a
command, whoever wrote it. So what a job says is printed while commands are stopped, and nobody can guess the word that
lets them go on.
"""

import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

MOST_ANNOTATIONS = 10
"""GitHub shows no more errors of a step."""
_PLACED = re.compile(r"\((?P<place>[^\s()]+:[0-9]+)\)$")
_PLACE = re.compile(r"(?P<file>[^\s:@]+)(?:@[0-9a-f]+)?:(?P<line>[0-9]+)(?::(?P<column>[0-9]+))?")


@contextlib.contextmanager
def literally(title: str) -> Iterator[None]:
    """A group in which nothing that is printed is a command."""
    word = secrets.token_hex(16)
    click.echo(f"::group::{escaped(title)}")
    click.echo(f"::stop-commands::{word}")
    try:
        yield
    finally:
        click.echo(f"::{word}::")
        click.echo("::endgroup::")


def annotation(failure: Mapping[str, str], title: str) -> str:
    """The command that shows a failure on the page of the workflow run, and beside the line that it names."""
    what, where = failure.get("what", ""), failure.get("where", "")
    place = _PLACE.fullmatch(where)
    properties = {"title": title}
    if place:
        properties |= {"file": place["file"], "line": place["line"]}
        if place["column"]:
            properties["col"] = place["column"]
    told = what if place or not where else f"{where}: {what}"
    if failure.get("what_next"):
        told = f"{told}\n  next: {failure['what_next']}"
    listed = ",".join(f"{name}={escaped_property(value)}" for name, value in properties.items())
    return f"::error {listed}::{escaped(told)}"


def annotations(failure: Mapping[str, str], title: str) -> list[str]:
    """The failure, and beside the file each of its further lines that names a place in one, as the schema gate's do."""
    _, *further = failure.get("what", "").split("\n")
    placed = [(line, found) for line in further if (found := _PLACED.search(line))]
    beside = [
        annotation({"what": line[: found.start()].rstrip(), "where": found["place"]}, title) for line, found in placed
    ]
    return [annotation(failure, title), *beside[: MOST_ANNOTATIONS - 1]]


def masks(values: tuple[str, ...]) -> list[str]:
    """The commands that keep secrets out of the log; each line of one is a secret."""
    lines = dict.fromkeys(line for value in values for line in value.splitlines() if line.strip())
    return [f"::add-mask::{escaped(line)}" for line in lines]


def escaped(text: str) -> str:
    """A command's data."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """The value of one of a command's properties."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def write_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Tell later jobs: name and value, between lines that no value can hold."""
    with path.open("a", encoding="utf-8", newline="") as file:
        for name, value in outputs.items():
            end = f"end-{secrets.token_hex(16)}"
            file.write(f"{name}<<{end}\n{value}\n{end}\n")
