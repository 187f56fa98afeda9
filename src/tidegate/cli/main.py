"""`tidegate`: the group of commands, their common options, and where errors become exit codes."""

import gc
import importlib
import io
import sys
from pathlib import Path

import click

import tidegate

COMMANDS = {
    "init": "Write a tidegate.yaml to begin with.",
    "check": "Check tidegate.yaml.",
    "plan": "Show what a push would do, and why.",
    "run": "Carry a commit through every environment.",
    "job": "Do one job of a run here, and nothing else of it.",
    "resume": "Take an interrupted or failed run up again.",
    "approve": "Let a run that waits go on to an environment.",
    "reject": "End a run that waits for an approval.",
    "cancel": "End a run; what it moved is put back.",
    "status": "Show what is live in each environment, or how far a run is.",
    "watch": "Follow a run wherever it runs, here or on GitHub.",
    "history": "List runs, releases and what happened to environments.",
    "logs": "Show the log of a job, or of a function.",
    "doctor": "Look at settings and infrastructure: what is wrong, and what mends it.",
    "migrate": "The migrations of a product, and the databases of its environments.",
    "rollback": "Put an earlier release back in one environment.",
    "verify": "Test again what is live in an environment.",
    "unpin": "Let runs deploy again to an environment that was rolled back.",
    "unlock": "End a run's hold on an environment.",
    "actions": "The workflow files of GitHub Actions.",
    "ledger": "Check or salvage the record of what happened.",
    "cloud": "The embedded cloud.",
    "demo": "Carry the example product from git push to prod.",
}
HIDDEN = {"carry"}


class Commands(click.Group):
    """The commands, found by name and imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a product's life."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS and cmd_name not in HIDDEN:
            return None
        module = importlib.import_module(f"tidegate.cli.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without importing any command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--repo",
    type=click.Path(path_type=Path),
    default=Path(),
    envvar="TIDEGATE_REPO",
    help="Git repository of the product, bare or not; this folder by default.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=Path(".tidegate"),
    envvar="TIDEGATE_HOME",
    help="Folder of the ledger and the caches; .tidegate by default.",
)
@click.option("--file", "file", default="tidegate.yaml", help="Path of the pipeline file in the repository.")
@click.version_option(tidegate.__version__, prog_name="tidegate")
@click.pass_context
def tidegate_command(context: click.Context, repo: Path, home: Path, file: str) -> None:
    """Carry one immutable release through dev, staging and prod.

    Each gate tests it before users can reach it, and what turns bad is put back.
    """
    context.obj = (repo, home, file)


def main() -> None:
    """Run the command line; the process exits with the code that `docs/cli.md` lists."""
    # Modules and boto3's service models stay until the end: going through them again and again is a tenth of a start.
    gc.set_threshold(50_000)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may hold bytes that no encoding has
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:  # noqa: PLR0911 - one return an ending
    try:
        result = tidegate_command.main(arguments, prog_name="tidegate", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        return 130
    except click.ClickException as wrong:
        wrong.show()
        return 2
    except KeyboardInterrupt:
        click.echo("cancelled", err=True)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        return _told(error)
    return result if isinstance(result, int) else 0


def _told(error: Exception) -> int:
    from tidegate.errors import Failure  # noqa: PLC0415 - only needed when something went wrong

    if isinstance(error, Failure):
        click.echo(f"tidegate: {error}", err=True)
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        click.echo(f"tidegate: {error.filename or ''}: {error.strerror}", err=True)
        return 1
    import tempfile  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    with tempfile.NamedTemporaryFile("w", prefix="tidegate-", suffix=".txt", delete=False) as report:
        traceback.print_exception(error, file=report)
    click.echo(
        f"tidegate: a fault in Tidegate itself: {type(error).__name__}: {error}\n  next: report it with {report.name}",
        err=True,
    )
    return 70
