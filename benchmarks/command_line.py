"""Whole commands as processes: what a person waits for, start-up of Python and its imports included.

The processor time of a command, and of what it starts, says more than the clock where other work shares the machine.
"""

import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import yaml

from benchmarks import large_repository
from benchmarks.embedded import awaited_json, running
from benchmarks.large_repository import CHANGED, COMPONENTS, FILES, GLOBS, IGNORE
from benchmarks.measure import Row, milliseconds, row, sample, seconds
from tidegate.ledger.ledger import open_ledger
from tidegate.model.release import Artifact, Release

EXAMPLE = Path(__file__).parents[1] / "examples" / "daily-report" / "tidegate.yaml"


def pipeline_text() -> str:
    """The example product's pipeline file with the large repository's components."""
    document = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return yaml.safe_dump(document | {"components": COMPONENTS, "ignore": IGNORE}, sort_keys=False)


def add_release(home: Path, commit: str) -> None:
    """Make the ledger say that a commit was released."""
    images = {
        name: Artifact(name, f"sha256:{name.encode().hex():0<64}", commit, f"{name}-repository", "sha-1")
        for name in ("backend", "fund-data-sync")
    }
    site = Artifact("site", f"sha256:{'5' * 64}", commit, "releases/5555")
    with open_ledger(home / "ledger.db") as ledger:
        run = ledger.open_run(commit, "telegram", None, "benchmark")
        ledger.add_release(Release("", commit, run.id, 0.0, images, site, "configuration"))


def timed(command: list[str], said: str = "") -> tuple[list[float], list[float]]:
    """Run a command many times; returns the seconds, and the seconds of processor time, of each.

    Args:
        command: Must succeed.
        said: What its output must hold.
    """
    spent: list[float] = []

    def run() -> None:
        before = _children_seconds()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        spent.append(_children_seconds() - before)
        assert said in done.stdout, done.stdout

    walls = sample(partial(seconds, run), 11)
    return walls, spent[-len(walls) :]


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def planned(folder: Path) -> tuple[list[float], list[float]]:
    """Seconds of `tidegate plan` on the large repository, against an embedded cloud that is up."""
    text = pipeline_text()
    repository, home = folder / "repository", folder / "home"
    large_repository.build(repository, {"tidegate.yaml": text.encode()})
    (repository / "tidegate.yaml").write_text(text, encoding="utf-8")
    tidegate = [sys.executable, "-m", "tidegate", "--repo", str(repository), "--home", str(home)]
    output = folder / "cloud-up.json"
    with running([*tidegate, "cloud", "up", "--port", "0", "--json"], output) as process:
        awaited_json(process, output)
        add_release(home, large_repository.commit(repository, "main~1"))
        return timed([*tidegate, "plan", "main"], f"{CHANGED} files since")


def rows() -> list[Row]:
    """Time `tidegate --help` and `tidegate plan`, beside a Python that does nothing."""
    nothing, _ = timed([sys.executable, "-c", ""])
    shown, shown_spent = timed([sys.executable, "-m", "tidegate", "--help"], "Commands:")
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        plan, plan_spent = planned(Path(folder))
    what = f"{CHANGED:,} changes among {FILES:,} files, {len(GLOBS)} globs"
    return [
        row("a Python that does nothing", "ms", milliseconds(nothing)),
        row("tidegate --help", "ms", milliseconds(shown), 300.0),
        row("its processor time", "ms", milliseconds(shown_spent)),
        row(f"tidegate plan, {what}", "ms", milliseconds(plan), 1000.0),
        row("its processor time", "ms", milliseconds(plan_spent)),
    ]
