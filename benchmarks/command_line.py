"""Whole commands as processes: what a person waits for, start-up of Python and its imports included."""

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


def ran(command: list[str], said: str = "") -> None:
    """Run a command to its end; it must succeed, and have said something."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert said in done.stdout, done.stdout


def planned(folder: Path) -> list[float]:
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
        said = f"{CHANGED} files since"
        return sample(partial(seconds, partial(ran, [*tidegate, "plan", "main"], said)), 9)


def rows() -> list[Row]:
    """Time `tidegate --help` and `tidegate plan`, beside a Python that does nothing."""
    nothing = sample(partial(seconds, partial(ran, [sys.executable, "-c", ""])), 15)
    shown = sample(partial(seconds, partial(ran, [sys.executable, "-m", "tidegate", "--help"], "Commands:")), 15)
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        plan = planned(Path(folder))
    return [
        row("a Python that does nothing", "ms", milliseconds(nothing)),
        row("tidegate --help", "ms", milliseconds(shown), 300.0),
        row(
            f"tidegate plan, {CHANGED:,} changes among {FILES:,} files, {len(GLOBS)} globs",
            "ms",
            milliseconds(plan),
            1000.0,
        ),
    ]
