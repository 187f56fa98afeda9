"""A repository of 100,000 files, 1,000 of which changed, with 30 globs that say what that concerns."""

import random
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

FILES = 100_000
CHANGED = 1_000

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
GLOBS = [pattern for patterns in COMPONENTS.values() for pattern in patterns] + IGNORE
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


def build(folder: Path, extra: Mapping[str, bytes] | None = None) -> None:
    """Make the repository with git alone: two commits on `main`, no working tree.

    Args:
        folder: Where; made by this.
        extra: Path → content of further files in the first commit.
    """
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    stream = b"".join(_history(extra or {}))
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=stream, check=True)


def commit(folder: Path, name: str) -> str:
    """The full id of a commit."""
    command = ["git", "-C", str(folder), "rev-parse", "--verify", name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _history(extra: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield a `git fast-import` stream of two commits: all files, then some of them written anew."""
    names = [f"{FOLDERS[i % len(FOLDERS)]}/{i // 800:03d}/file_{i:06d}.py" for i in range(FILES)]
    for mark, chosen in ((1, names), (2, random.Random(1).sample(names, CHANGED))):
        author = f"committer Bench <bench@example.org> {mark} +0000"
        yield f"commit refs/heads/main\nmark :{mark}\n{author}\ndata 1\nx\n".encode()
        yield from (f"M 644 inline {name}\ndata {len(name) + 2}\n{mark}{name}\n\n".encode() for name in chosen)
        for name, content in extra.items() if mark == 1 else ():
            yield b"M 644 inline %b\ndata %d\n%b\n" % (name.encode(), len(content), content)
