"""Run benchmarks, each in a process of its own, and print what they found: `python -m benchmarks [NAME…]`.

Exits with 0 whether or not goals are reached, and with 1 when a benchmark could not be carried out.
"""

import argparse
import asyncio
import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row
from benchmarks.table import table
from tidegate.process import run

NAMES = (
    "interpreter",
    "journal",
    "change_detection",
    "command_line",
    "image_build",
    "invocation",
    "cloud",
    "edge",
    "rollback",
    "shared_ledger",
    "schema_gate",
    "workflows",
)
EACH_SECONDS = 120.0
ALL_SECONDS = 360.0


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all of them by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    parser.add_argument("--here", action="store_true", help="run them in this process, for a profiler")
    options = parser.parse_args()
    names = [name.replace("-", "_") for name in options.names] or list(NAMES)
    if unknown := [name for name in names if name not in NAMES]:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(NAMES)}")
    found, failed = _here(names) if options.here else asyncio.run(_apart(names))
    if found and not options.here:
        print(table(found))
    if options.json:
        options.json.write_text(json.dumps([row.plain() for row in found], indent=2) + "\n", encoding="utf-8")
    elif options.here:
        print(table(found))
    for name in failed:
        print(f"{name} could not be carried out", file=sys.stderr)
    return 1 if failed else 0


def _here(names: Sequence[str]) -> tuple[list[Row], list[str]]:
    modules = [importlib.import_module(f"benchmarks.{name}") for name in names]
    return [row for module in modules for row in module.rows()], []


async def _apart(names: Sequence[str]) -> tuple[list[Row], list[str]]:
    """Run one after the other; what a benchmark leaves in memory does not slow the next one."""
    found: list[Row] = []
    failed: list[str] = []
    deadline = time.monotonic() + ALL_SECONDS
    # On a user's machine modules are compiled once; Python compiles them when they are first imported.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        Path(folder).chmod(0o711)  # where we are root, database servers run as an account that must get through
        environment["TMPDIR"] = folder  # what a benchmark whose time was up leaves there goes with it
        for name in names:
            print(f"{name} …", file=sys.stderr)
            figures = Path(folder) / f"{name}.json"
            ended = await run(
                [sys.executable, "-m", "benchmarks", name, "--here", "--json", str(figures)],
                cwd=Path.cwd(),
                env=environment,
                timeout=max(1.0, min(EACH_SECONDS, deadline - time.monotonic())),
            )
            if ended.code != 0 or ended.timed_out:
                print("\n".join((*ended.tail, "its time was up" if ended.timed_out else "")), file=sys.stderr)
                failed.append(name)
                continue
            found += [_row(plain) for plain in json.loads(figures.read_bytes())]
    return found, failed


def _row(plain: dict[str, object]) -> Row:
    return Row(**{key: value for key, value in plain.items() if key != "holds"})  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
