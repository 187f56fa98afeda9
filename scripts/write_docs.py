"""Writes the help texts in docs/cli.md.

`make docs` runs it; a test fails when what is committed differs from what it would write.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from tidegate.cli.main import tidegate_command

ROOT = Path(__file__).parents[1]
CLI_PAGE = ROOT / "docs" / "cli.md"
_BLOCK = re.compile(r"(<!-- help: (?P<name>[a-z -]+) -->\n```text\n).*?(```\n)", re.DOTALL)


def commands(group: click.Group = tidegate_command, path: tuple[str, ...] = ("tidegate",)) -> Iterator[str]:
    """Every command that people may use, such as `tidegate cloud up`."""
    context = click.Context(group, info_name=path[-1])
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        yield " ".join((*path, name))
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def help_of(name: str) -> str:
    """What `NAME --help` prints."""
    command: click.Command = tidegate_command
    context = click.Context(command, info_name="tidegate", max_content_width=100, terminal_width=100)
    for part in name.split()[1:]:
        assert isinstance(command, click.Group)
        found = command.get_command(context, part)
        assert found, name
        command = found
        context = click.Context(command, parent=context, info_name=part, max_content_width=100, terminal_width=100)
    return command.get_help(context)


def with_help(page: str) -> str:
    """A page with every help block renewed."""
    return _BLOCK.sub(lambda match: f"{match[1]}{help_of(match['name'])}\n{match[3]}", page)


def main() -> int:
    """Write the page if it differs."""
    page = CLI_PAGE.read_text(encoding="utf-8")
    if (renewed := with_help(page)) != page:
        CLI_PAGE.write_text(renewed, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
