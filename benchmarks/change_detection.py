"""How long change detection takes beside `git diff` itself, on a large repository.

Start-up is aside: modules are imported and the globs compiled before the clock starts; what the latter takes is a row
of its own.
"""

import os
import statistics
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks import large_repository
from benchmarks.large_repository import CHANGED, COMPONENTS, FILES, GLOBS, IGNORE
from benchmarks.measure import Row, milliseconds, row, sample, seconds
from tidegate.changes.detect import detect
from tidegate.changes.git import Repository
from tidegate.changes.globs import compile_glob

BASE, HEAD = "main~1", "main"


def compiled() -> float:
    """Seconds that compiling every glob takes, once in the life of a process."""
    began = time.perf_counter()
    for pattern in GLOBS:
        compile_glob(pattern.removeprefix("!"))
    return time.perf_counter() - began


def git_diff(folder: Path) -> None:
    """What change detection cannot be quicker than."""
    command = ["git", "-C", str(folder), "diff", "--name-only", "-z", "--no-renames", BASE, HEAD]
    subprocess.run(command, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}, check=True, capture_output=True)


def detected(repository: Repository, base: str | None) -> None:
    """Which components changed since `base`."""
    changes = detect(base, HEAD, repository.changed_files(base, HEAD), COMPONENTS, IGNORE)
    assert len(changes.files) == (FILES if base is None else CHANGED)
    assert changes.components


def rows() -> list[Row]:
    """Detect the changes of one commit, and of a first release."""
    compiling = compiled()
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as scratch:
        folder = Path(scratch)
        large_repository.build(folder)
        repository = Repository.open(folder)
        # Turn by turn, so that a busy machine slows both alike.
        diff: list[float] = []
        since_last: list[float] = []
        for _ in range(2):
            diff += sample(partial(seconds, partial(git_diff, folder)), 15)
            since_last += sample(partial(seconds, partial(detected, repository, BASE)), 15)
        first = sample(partial(seconds, partial(detected, repository, None)), 3)
    reference = statistics.median(diff) * 1000
    shown = f"{CHANGED:,} changes among {FILES:,} files"
    return [
        row(f"git diff, {shown}", "ms", milliseconds(diff)),
        row(
            f"change detection, {len(GLOBS)} globs",
            "ms",
            milliseconds(since_last),
            5.0,
            ratio_to=reference,
            of="git diff",
        ),
        row("change detection, first release", "ms", milliseconds(first)),
        row("compiling the globs", "ms", [compiling * 1000]),
    ]
