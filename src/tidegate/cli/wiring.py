"""What commands share: the project that common options name, JSON output, and an event loop."""

import asyncio
import contextlib
import dataclasses
import enum
import json
import signal
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import click

from tidegate.execute.home import Home
from tidegate.operations.project import Project

Result = TypeVar("Result")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def project_of(context: click.Context) -> Project:
    """The project that `--repo`, `--home` and `--file` name."""
    repo, home, file = context.find_root().obj
    return Project(repo, Home(home.absolute()), file)


def json_option(command: Decorated) -> Decorated:
    """The option `--json`, the same for all commands that have it."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def run_async(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end; SIGTERM cancels it as Ctrl-C does."""

    async def guarded() -> Result:
        task = asyncio.current_task()
        assert task
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await coroutine

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError as cancelled:
        raise KeyboardInterrupt from cancelled


async def until_interrupted() -> None:
    """Wait for Ctrl-C or SIGTERM, which is how this wait is meant to end."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


def print_json(value: object) -> None:
    """Print a value of the model as JSON."""
    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def plain(value: object) -> object:
    """A value of the model as plain dictionaries, lists and scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value
