"""Deployments of the small product, half of them flawed, over an unreliable wire and under the eyes of its users.

After each of them: no request of a user failed, none was answered by what no gate had let pass, every environment is on
exactly one release, and the run's report is true. In the end nothing is left: no process, no file handle, no file.
"""

import contextlib
import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.faults.proxy import Fault, FaultProxy, fault_proxy
from tests.pipeline.observe import endpoint_of, observe, page_of
from tests.pipeline.product import Product, explain, kill_hard, product_on_stage
from tests.soak.shop import ENVIRONMENTS, FLAWS, Edition, Flaw, write_shop
from tests.soak.truth import windows, wrong
from tests.soak.users import Users
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.model.release import Release
from tidegate.model.run import RunView
from tidegate.operations.project import CLOUD_VARIABLE

RATES = {
    Fault.LATENCY: 0.02,
    Fault.ERROR_BEFORE: 0.006,
    Fault.ERROR_AFTER: 0.006,
    Fault.THROTTLE: 0.01,
    Fault.RESET: 0.006,
    Fault.LOST: 0.006,
}
"""The part of the requests that meets each fault. An invocation that meets one fails its gate, as it should."""

COMMAND_SECONDS = 240.0
AGAIN = 5
"""How often a command that met faults is given again before that counts as wrong."""

MARK = "TIDEGATE_SOAK"
REST_SECONDS = 150.0
STEADY_AFTER = 10
HANDLES_SPREAD = 8
"""File handles that come and go: connections of users that are kept open."""


@dataclass
class Figures:
    """What a soak did.

    Attributes:
        ended: How each deployment came out → how many did.
        seconds: Of all deployments, with what was checked behind each.
        handles: Process → its open file handles behind the tenth deployment and in the end.
    """

    ended: Counter[str] = field(default_factory=Counter)
    flaws: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    resumes: int = 0
    rollbacks: Counter[str] = field(default_factory=Counter)
    asked: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    handles: dict[str, list[int]] = field(default_factory=dict)

    def told(self) -> str:
        lines = [
            f"deployments: {sum(self.ended.values())}: {_list(self.ended)}",
            f"flaws that were stopped: {_list(self.flaws)}",
            f"kill -9: {self.kills}, resumed: {self.resumes}, rollbacks: {_list(self.rollbacks)}",
            f"requests of users: {_list(self.asked)}",
            f"requests to the control plane: {self.requests}; faults: {_list(self.faults)}",
            f"open file handles: {', '.join(f'{name} {counts}' for name, counts in self.handles.items())}",
            f"{self.seconds:.0f} s",
        ]
        return "\n".join(lines)


@dataclass
class Soak:
    """A product on stage with its users, while deployments go on."""

    product: Product
    proxy: FaultProxy
    users: Users
    numbers: random.Random
    say: Callable[[str], None]
    figures: Figures
    edition: Edition = field(default_factory=lambda: Edition(0, 0))

    def deploy(self, number: int) -> None:
        """One commit on its way, and now and then a process that is killed or a person who rolls back."""
        flaw = self.numbers.choice(FLAWS) if number % 2 else Flaw.NONE
        before = self._live()
        injected = self._harm()
        commit = self._commit(number, flaw)
        killed = number % 7 == 3
        run = self._carried(killed=killed)
        assert run.commit == commit
        ended = self._ended(run, flaw, before, harmed=self._harm() > injected)
        self.figures.ended[ended] += 1
        if ended == "stopped":
            self.figures.flaws[flaw.value] += 1
        self._verify(f"deployment {number}")
        self.say(f"{number}: {flaw.value}: {ended}: {run.reason[:100]}")
        if number % 9 == 6:
            self._roll_back()

    def _commit(self, number: int, flaw: Flaw) -> str:
        """Commit a backend, a page, or both; what was flawed in the last commit is mended in any case."""
        last, mended = self.edition, self.edition.flaw is not Flaw.NONE
        moves = self.numbers.choice(("backend", "page", "both", "both"))
        both = mended or flaw in {Flaw.OLD_TABS, Flaw.ONLY_PROD}
        backend = both or moves != "page" or flaw not in {Flaw.NONE, Flaw.PAGE}
        page = both or moves != "backend" or flaw is Flaw.PAGE
        self.edition = Edition(number if backend else last.backend, number if page else last.site, flaw)
        for path, text in self.edition.files().items():
            self.product.write(path, text)
        commit = self.product.commit(f"Edition {number}")
        self.product.push_quietly()
        return commit

    def _carried(self, *, killed: bool) -> RunView:
        """`tidegate run`, killed at a random moment or not, and resumed until it has ended."""
        known = self.product.newest()
        for _ in range(AGAIN):
            process = self._start("run", "--commit", "telegram", "--branch", "telegram")
            if killed:
                self._kill(process, known)
                killed = False
            process.wait(COMMAND_SECONDS)
            run = self.product.newest()
            if run is not None and (known is None or run.id != known.id) and run.jobs:
                return self._resumed(run)
        raise AssertionError(f"no run could be planned:\n{self._said()}")

    def _resumed(self, run: RunView) -> RunView:
        for _ in range(AGAIN):
            run = self.product.run(run.id)
            # A run that could not be taken up by its process at all has not begun.
            if run.phase.ended and (run.attempts or run.phase is not Phase.FAILED):
                return run
            self.figures.resumes += 1
            self._start("resume", run.id).wait(COMMAND_SECONDS)
        raise AssertionError(f"run {run.id} could not be resumed:\n{self._said()}\n{explain(self.product, run)}")

    def _kill(self, process: "subprocess.Popen[bytes]", known: RunView | None) -> None:
        """kill -9 at a random moment of the run; what the process started ends with it."""
        while process.poll() is None:
            newest = self.product.newest()
            if newest is not None and newest.attempts and (known is None or newest.id != known.id):
                break
            time.sleep(0.02)
        time.sleep(self.numbers.uniform(0.0, 3.0))
        if process.poll() is None:
            kill_hard(process.pid)
            process.wait()
            self.figures.kills += 1

    def _roll_back(self) -> None:
        """A person puts the release before back in prod, is content, and lets runs deploy again."""
        with self.product.stage.project.ledger() as ledger:
            view = ledger.environment("prod")
        if not view.previous:
            return
        known = self.product.newest()
        code = self._start("rollback", "prod", "--reason", "a person's wish").wait(COMMAND_SECONDS)
        run = self.product.newest()
        if run is not None and (known is None or run.id != known.id):
            run = self._resumed(run)
            assert (run.phase is Phase.SUCCEEDED) is (self._live()["prod"] == view.previous[0]), run.reason
            self.figures.rollbacks[run.phase.value] += 1
        else:
            assert code != 0, self._said()
            self.figures.rollbacks["not begun"] += 1
        self._verify("a rollback")
        self.product.tidegate("unpin", "prod", "--reason", "content")

    def _ended(self, run: RunView, flaw: Flaw, before: dict[str, str], *, harmed: bool) -> str:
        """How a deployment came out; it must be a way in which it may."""
        live, told = self._live(), explain(self.product, run)
        assert run.plan is not None
        assert all(run.jobs[job.name].phase.ended for job in run.plan.jobs), told
        release = self._release_of(run)
        reached = {name for name in ENVIRONMENTS if release and live[name] == release.id != before[name]}
        assert all(live[name] == before[name] for name in ENVIRONMENTS if name not in reached), told
        if run.phase is Phase.SUCCEEDED:
            assert flaw is Flaw.NONE, f"{flaw} passed every gate\n{told}"
            assert release is not None
            assert set(live.values()) == {release.id}, told
            assert run.reason == f"live in {', '.join(ENVIRONMENTS)}", told
            return "live"
        assert run.phase is Phase.FAILED, told
        failed = [name for name, job in run.jobs.items() if job.phase is Phase.FAILED]
        assert failed, told
        assert run.reason.startswith(f"{failed[0]}: "), told
        assert "prod" not in reached, told
        if flaw.stopped_by in failed:
            assert ("dev" in reached) is (flaw is Flaw.ONLY_PROD), told
            return "stopped"
        assert harmed, f"it failed, and no fault was met\n{told}"
        assert not reached or flaw in {Flaw.NONE, Flaw.ONLY_PROD}, f"{flaw} went live\n{told}"
        return "failed by faults"

    def _verify(self, what: str) -> None:
        """What must hold whenever nothing is under way."""
        left = survivors(self.product)
        assert not left, f"{what} left {left}"
        _nothing_in(Path(os.environ["TMPDIR"]))
        with self.product.stage.project.ledger() as ledger:
            for name in ENVIRONMENTS:
                self._verify_environment(ledger, name, what)
            allowed = {name: windows(ledger.environment(name), ledger.run) for name in ENVIRONMENTS}
            releases = _releases(ledger)
        shown = {
            "live": {one.id: one.images["backend"].commit for one in releases},
            "APP": {one.id: page_of(self.product, one.site.digest) for one in releases if one.site},
        }
        answers = self.users.taken()
        found = wrong(answers, allowed, shown)
        assert not found, f"{what}: {len(found)} of {len(answers)} answers are wrong: {found[:5]}\nallowed: {allowed}"

    def _verify_environment(self, ledger: Ledger, name: str, what: str) -> None:
        view = ledger.environment(name)
        assert (view.lock, view.intent) == (None, None), f"{what}: {name} is held or half-way: {view}"
        release = ledger.release(view.live)
        assert release.site is not None
        found = observe(self.product, name)
        image = release.images["backend"]
        assert set(found.functions.values()) == {image.digest.removeprefix("sha256:")}, f"{what}: {name}: {found}"
        assert (found.commit, found.page) == (image.commit, page_of(self.product, release.site.digest)), what

    def _live(self) -> dict[str, str]:
        with self.product.stage.project.ledger() as ledger:
            return {name: ledger.environment(name).live for name in ENVIRONMENTS}

    def _release_of(self, run: RunView) -> Release | None:
        with self.product.stage.project.ledger() as ledger:
            return ledger.release_of(run.id) or (ledger.last_release() if run.phase is Phase.SUCCEEDED else None)

    def _harm(self) -> int:
        """How many faults were met that a run could fail by."""
        return sum(count for fault, count in self.proxy.injected.items() if fault is not Fault.LATENCY)

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with self._log.open("wb") as output:
            return subprocess.Popen(self.product.command(*arguments), stdout=output, stderr=output)

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def _log(self) -> Path:
        return self.product.home.root / "command.log"


def soak(folder: Path, deployments: int, seed: int, say: Callable[[str], None], figures: Figures) -> None:
    """Deploy that often, below a folder of its own; `figures` are filled as it goes on.

    Raises:
        AssertionError: When one of the things that must hold does not.
    """
    temporary = folder / "tmp"
    temporary.mkdir(parents=True)
    with _environment(TMPDIR=str(temporary), **{MARK: str(folder)}):
        _soaked(folder, deployments, seed, say, figures)
        left = [str(one) for one in _marked(str(folder))]
    assert not left, f"left behind: {left}"
    _nothing_in(temporary)


def _nothing_in(temporary: Path) -> None:
    left = sorted(path for path in temporary.rglob("*") if path.is_file())
    texts = [path.read_text(encoding="utf-8", errors="replace")[-3000:] for path in left]
    assert not any(temporary.iterdir()), f"left in the temporary folder: {list(temporary.iterdir())} {left} {texts}"


def _soaked(folder: Path, deployments: int, seed: int, say: Callable[[str], None], figures: Figures) -> None:
    shop = write_shop(folder / "shop")
    with product_on_stage(folder, folder / "cache", example=shop) as product:
        first = product.push()
        assert first.phase is Phase.SUCCEEDED, explain(product, first)
        with (
            fault_proxy(endpoint_of(product), seed, RATES) as proxy,
            _environment(**{CLOUD_VARIABLE: proxy.endpoint}),
            Users(product, ENVIRONMENTS) as users,
        ):
            one = Soak(product, proxy, users, random.Random(seed), say, figures)
            for number in range(1, deployments + 1):
                began = time.monotonic()
                one.deploy(number)
                figures.seconds += time.monotonic() - began
                figures.asked = dict(users.asked)
                figures.requests = proxy.requests
                figures.faults = {fault.value: proxy.injected[fault] for fault in Fault}
                if number == STEADY_AFTER and deployments >= 2 * STEADY_AFTER:
                    figures.handles = {name: [count] for name, count in _handles(product).items()}
            if figures.handles:
                _compare_handles(figures, product)


def _compare_handles(figures: Figures, product: Product) -> None:
    for name, count in _handles(product).items():
        figures.handles[name].append(count)
        assert count <= figures.handles[name][0] + HANDLES_SPREAD, f"open file handles grow: {figures.handles}"


def _handles(product: Product) -> dict[str, int]:
    """Open file handles of the cloud's processes and of this one, once the cloud has ended its idle workers."""
    parent = psutil.Process(product.cloud.pid)
    # Between the two stands a keeper, whose command line names the cloud, too.
    cloud = psutil.Process(int(json.loads(product.home.cloud_state.read_bytes())["pid"]))
    deadline = time.monotonic() + REST_SECONDS
    while len(cloud.children()) > len(ENVIRONMENTS) and time.monotonic() < deadline:
        time.sleep(1.0)
    return {"cloud": cloud.num_fds(), "cloud up": parent.num_fds(), "soak": psutil.Process().num_fds()}


def survivors(product: Product) -> list[str]:
    """Processes that a command left: all that this soak started but for the cloud's."""
    cloud = psutil.Process(product.cloud.pid)
    known = {cloud.pid, *(child.pid for child in cloud.children(recursive=True))}
    found = [one for one in _marked(os.environ[MARK]) if one.pid not in known]
    _, stay = psutil.wait_procs(found, timeout=5.0)
    # A worker that the cloud started meanwhile is not one of them.
    now = {child.pid for child in cloud.children(recursive=True)}
    return [str(one) for one in stay if one.pid not in now and one.is_running()]


def _marked(mark: str) -> list[psutil.Process]:
    """Processes, besides this one, that inherited the mark or whose command line names the folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            marked = process.environ().get(MARK) == mark or any(mark in part for part in process.cmdline())
            if marked and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Environment variables for the processes that are started in the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _releases(ledger: Ledger) -> list[Release]:
    last = ledger.last_release()
    count = int(last.id.removeprefix("r")) if last else 0
    return [ledger.release(f"r{number}") for number in range(1, count + 1)]


def _list(counts: "Counter[str] | dict[str, int]") -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
