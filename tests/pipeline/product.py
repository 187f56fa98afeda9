"""The example product on a stage of its own: a repository that releases what is pushed, and an embedded cloud."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.pipeline.browser import chromium
from tidegate.execute.home import Home
from tidegate.model.job import Phase
from tidegate.model.run import RunView
from tidegate.operations.demo import Stage, commit_all, set_stage
from tidegate.operations.run import alive

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "daily-report"
ENVIRONMENTS = ("dev", "staging", "prod")
DEADLINE = 300.0


@dataclass
class Product:
    """A stage with its cloud up."""

    stage: Stage
    cloud: "subprocess.Popen[bytes]"

    @property
    def work(self) -> Path:
        return self.stage.work

    @property
    def home(self) -> Home:
        return self.stage.project.home

    def commit(self, message: str, **changes: str | None) -> str:
        """Write, or with None delete, files and commit; returns the commit. Path separators are `__` in names."""
        for name, text in changes.items():
            self.write(name.replace("__", "/"), text)
        commit_all(self.work, message)
        return self.head()

    def write(self, path: str, text: str | None) -> None:
        file = self.work / path
        if text is None:
            file.unlink()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.work / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def push(self) -> RunView:
        """`git push origin telegram`, and wait for the run that the hook started."""
        before = self.newest()
        self.git("push", "--quiet", "origin", "telegram")
        run = self.newest()
        assert run is not None
        assert before is None or run.id != before.id, "the push started no run"
        return self.wait(run.id)

    def push_quietly(self) -> None:
        """Bring commits to the bare repository without starting a run."""
        hook = self.stage.origin / "hooks" / "post-receive"
        hook.chmod(0o644)
        self.git("push", "--quiet", "origin", "telegram")
        hook.chmod(0o755)

    def newest(self) -> RunView | None:
        with self.stage.project.ledger() as ledger:
            return next(iter(ledger.runs(1)), None)

    def run(self, number: str) -> RunView:
        with self.stage.project.ledger() as ledger:
            return ledger.run(number)

    def wait(self, number: str, until: Callable[[RunView], bool] = lambda run: run.phase.ended) -> RunView:
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            run = self.run(number)
            if until(run):
                return run
            assert run.phase is not Phase.RUNNING or alive(run), f"run {number} died\n{self.logs(number)}"
            time.sleep(0.05)
        raise AssertionError(f"run {number} did not get there: {phases(self.run(number))}\n{self.logs(number)}")

    def tidegate(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False, timeout=DEADLINE)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def command(self, *arguments: str) -> list[str]:
        place = ["--repo", str(self.stage.origin), "--home", str(self.home.root)]
        return [sys.executable, "-m", "tidegate", *place, *arguments]

    def addresses(self, environment: str) -> dict[str, str]:
        lines = self.home.environment(environment).read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def app_url(self, environment: str) -> str:
        return str(self.places()[environment]["app_url"])

    def places(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home.root / "places.json").read_text(encoding="utf-8"))
        return found

    def status(self) -> dict[str, dict[str, Any]]:
        done = self.tidegate("status", "--json")
        assert done.returncode == 0, done.stderr
        return {one["name"]: one for one in json.loads(done.stdout)}

    def live(self) -> dict[str, str]:
        return {name: one["release"] for name, one in self.status().items()}

    def logs(self, number: str) -> str:
        folder = self.home.log(number, "x").parent
        return "\n".join(
            f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')[-3000:]}"
            for path in folder.glob("*.log")
        )

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.work, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def phases(run: RunView) -> dict[str, str]:
    return {name: job.phase.value for name, job in run.jobs.items()}


def applied(run: RunView) -> set[str]:
    """Names of the jobs that did something."""
    return {name for name, job in run.jobs.items() if job.phase is Phase.SUCCEEDED}


def explain(product: Product, run: RunView) -> str:
    return f"{run.phase}: {run.reason}\n{phases(run)}\n{product.logs(run.id)}"


@contextlib.contextmanager
def product_on_stage(
    folder: Path, cache: Path, change: Callable[[Path], None] | None = None, example: Path = EXAMPLE
) -> Iterator[Product]:
    """The example product, or another one, committed, with an embedded cloud that serves it; gone when the block ends.

    Args:
        folder: Where everything but the cache is.
        cache: Shared between stages: npm packages, Python environments, layers.
        change: Called with the working tree before the cloud starts, to make it another product.
        example: The product's files.
    """
    if browser := chromium():
        os.environ.setdefault("E2E_CHROMIUM", browser)
    home = Home(folder / "home")
    home.root.mkdir(parents=True)
    cache.mkdir(parents=True, exist_ok=True)
    home.cache.symlink_to(cache)
    stage = set_stage(example, home)
    if change is not None:
        change(stage.work)
        commit_all(stage.work, "Another product")
    command = [sys.executable, "-m", "tidegate", "--repo", str(stage.work), "--home", str(home.root)]
    log = folder / "cloud.log"
    with log.open("wb") as output:
        cloud = subprocess.Popen([*command, "cloud", "up", "--port", "0", "--json"], stdout=output, stderr=output)
    try:
        _await_cloud(cloud, log)
        (home.root / "places.json").write_text(
            json.dumps(json.loads(log.read_text())["environments"]), encoding="utf-8"
        )
        yield Product(stage, cloud)
    finally:
        cloud.send_signal(signal.SIGTERM)
        cloud.wait(timeout=30)


def _await_cloud(cloud: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(ValueError):
            json.loads(log.read_text(encoding="utf-8"))
            return
        if cloud.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the embedded cloud did not come up:\n{log.read_text(encoding='utf-8')}")


def kill_hard(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
