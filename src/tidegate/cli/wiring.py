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


PUTTING_BACK = "putting back what moved; Ctrl-C again abandons it half-way, for `tidegate resume`"


def run_async(coroutine: Coroutine[Any, Any, Result], ending: str = "") -> Result:
    """Run a coroutine to its end; SIGTERM cancels it as Ctrl-C does.

    Cancelled, it may take its time: a second SIGTERM changes nothing, only a second Ctrl-C ends it at once. `ending`
    tells people so at the first.
    """

    async def guarded() -> Result:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task

        def end() -> None:
            if not task.cancelling():
                if ending:
                    click.echo(ending, err=True)
                task.cancel()
            loop.remove_signal_handler(signal.SIGINT)  # the next one raises KeyboardInterrupt

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)
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
