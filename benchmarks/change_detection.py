"""How long change detection takes beside `git diff` itself, on a large repository.

100,000 files, 1,000 of them changed, 30 globs. Prints medians in milliseconds and their ratio; the goal is at most 5.
Start-up is aside: modules are imported and the globs compiled once before the clock starts; what that takes is
printed too, in a line of its own.
"""

import argparse
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tidegate.changes.detect import detect
from tidegate.changes.git import Repository
from tidegate.changes.globs import compile_glob

COMPONENTS = {
    "shared": [
        "src/agent.py",
        "src/workflow/**",
        "src/data/**",
        "src/analysis/**",
        "src/report/**",
        "src/types.py",
        "src/config.py",
        "requirements*.txt",
        "Dockerfile*",
    ],
    "api": ["src/api/**"],
    "scheduler": ["src/scheduler/**"],
    "worker": ["src/report_worker_handler.py"],
    "backend": ["src/**", "Dockerfile*", "requirements*.txt"],
    "frontend": ["frontend/twinbar/**"],
    "fund-data-sync": ["fund_data_sync/**", "!fund_data_sync/**/*.md"],
    "tests": ["tests/**", "**/*.test.{ts,tsx}", "**/conftest.py"],
    "terraform": ["terraform/**", "!terraform/**/*.md", "**/*.tf", "**/*.tfvars"],
    "workflows": [".github/workflows/**", ".github/actions/*/action.y?(a)ml"],
}
IGNORE = ["docs/**", ".claude/**", "**/README.md"]
FOLDERS = [
    "src/api",
    "src/data/deep/er",
    "frontend/twinbar/src",
    "docs",
    "tests/shared",
    "fund_data_sync",
    "lib",
    "terraform",
]


def history(files: int, changed: int) -> Iterator[bytes]:
    """Yield a `git fast-import` stream of two commits: `files` files, then `changed` of them written anew."""
    names = [f"{FOLDERS[i % len(FOLDERS)]}/{i // 800:03d}/file_{i:06d}.py" for i in range(files)]
    for mark, chosen in ((1, names), (2, random.Random(1).sample(names, changed))):
        author = f"committer Bench <bench@example.org> {mark} +0000"
        yield f"commit refs/heads/main\nmark :{mark}\n{author}\ndata 1\nx\n".encode()
        yield from (f"M 644 inline {name}\ndata {len(name) + 2}\n{mark}{name}\n\n".encode() for name in chosen)


def build(folder: Path, files: int, changed: int) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    stream = b"".join(history(files, changed))
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=stream, check=True)


def median_ms(work: Callable[[], object], rounds: int) -> float:
    def timed() -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1000

    return statistics.median(timed() for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--changed", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=21)
    options = parser.parse_args()
    globs = [pattern for patterns in COMPONENTS.values() for pattern in patterns] + IGNORE
    start = time.perf_counter()
    for pattern in globs:
        compile_glob(pattern.removeprefix("!"))
    compiling = (time.perf_counter() - start) * 1000

    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as scratch:
        folder = Path(scratch)
        build(folder, options.files, options.changed)
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        command = ["git", "-C", str(folder), "diff", "--name-only", "-z", "--no-renames", "main~1", "main"]
        repository = Repository.open(folder)

        def git_diff() -> object:
            return subprocess.run(command, env=environment, check=True, capture_output=True)

        def since_last_release() -> object:
            return detect("main~1", "main", repository.changed_files("main~1", "main"), COMPONENTS, IGNORE)

        def first_release() -> object:
            return detect(None, "main", repository.changed_files(None, "main"), COMPONENTS, IGNORE)

        diff, detection = median_ms(git_diff, options.rounds), median_ms(since_last_release, options.rounds)
        first = median_ms(first_release, 3)
        print(f"{options.files} files, {options.changed} changed, {len(globs)} globs, median of {options.rounds}")
        print(f"git diff                 {diff:8.1f} ms")
        print(f"change detection         {detection:8.1f} ms   {detection / diff:.2f} times git diff (goal: at most 5)")
        print(f"first release, all files {first:8.1f} ms")
        print(f"compiling the globs once {compiling:8.1f} ms")


if __name__ == "__main__":
    main()
