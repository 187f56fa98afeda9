"""Runners that are killed as the kernel kills, in the middle of what they do."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.pipeline.product import Product, kill_hard
from tests.pipeline.trail import Trail
from tidegate.model.job import Duty, Job, Phase, Plan
from tidegate.model.run import RunView

POINT_SITE = r"^POST .*/key-value-stores/.*/keys$"
LEAVE_SECONDS = 30.0
MOMENT_SECONDS = 120.0

Reached = Callable[[], bool]
"""Tells whether the moment to kill has come."""


@dataclass
class Runner:
    """The process that walks one run: killed, and taken up again.

    Attributes:
        ended: Job → attempts of the jobs that had ended at some kill.
        left: The run as each kill left it.
    """

    product: Product
    trail: Trail
    process: "subprocess.Popen[bytes]" = field(init=False)
    run: str = ""
    ended: dict[str, int] = field(default_factory=dict)
    left: list[RunView] = field(default_factory=list)

    def start(self) -> RunView:
        """`tidegate run`; returns once the plan is in the ledger."""
        known = self.product.newest()
        self._spawn("run", "--commit", "telegram", "--branch", "telegram")
        self._until(lambda: self._opened(known))
        return self.product.run(self.run)

    def resume(self) -> None:
        """`tidegate resume`, of this very run."""
        self._spawn("resume", self.run)

    def wait_for(self, reached: Reached) -> None:
        """Wait until the moment to kill has come."""
        self._until(reached)

    def kill(self) -> RunView:
        """kill -9. Nothing that the process started may be left; returns the run as it left it."""
        process = psutil.Process(self.process.pid)
        process.suspend()  # what it starts must not change while we look
        children = process.children(recursive=True)
        kill_hard(self.process.pid)
        self.process.wait()
        self.trail.let_go()
        self._nothing_is_left(children)
        view = self.product.run(self.run)
        self.ended |= {name: job.attempts for name, job in view.jobs.items() if job.phase.lets_pass}
        self.left.append(view)
        return view

    def end(self, manner: Callable[[], None]) -> int:
        """Let it be told to end; returns its exit code. Nothing that it started may be left."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        manner()
        self.trail.let_go()
        code = self.process.wait(timeout=MOMENT_SECONDS)
        self._nothing_is_left(children)
        return code

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the whole foreground process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def cancel(self) -> None:
        """`tidegate cancel`."""
        done = self.product.tidegate("cancel", self.run)
        assert done.returncode == 0, done.stderr

    def working(self, *words: str) -> list[psutil.Process]:
        """What it started, directly or not, whose command line begins with these words."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if tuple(_command(child)[: len(words)]) == words]

    def _nothing_is_left(self, children: list[psutil.Process]) -> None:
        _, stay = psutil.wait_procs(children, timeout=LEAVE_SECONDS)
        assert [_command(one) for one in stay if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
        assert _working_in(self.product.home.root / "source") == []

    @property
    def said(self) -> str:
        """What it printed."""
        return self._said.read_text(errors="replace")

    @property
    def _said(self) -> Path:
        return self.product.home.root / "runner.log"

    def _spawn(self, *arguments: str) -> None:
        with self._said.open("wb") as output:
            command = self.product.command(*arguments)
            self.process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)

    def _told(self, what: str) -> str:
        return f"{what}\n{self.said}\n{self.product.logs(self.run) if self.run else ''}"

    def _opened(self, known: RunView | None) -> bool:
        newest = self.product.newest()
        if newest is None or not newest.jobs or (known is not None and newest.id == known.id):
            return False
        self.run = newest.id
        return True

    def _until(self, reached: Reached) -> None:
        deadline = time.monotonic() + MOMENT_SECONDS
        while not reached():
            assert self.process.poll() is None, self._told("it ended by itself")
            assert time.monotonic() < deadline, self._told("it did not get there")
            time.sleep(0.005)

    def moment(self, *jobs: Job) -> Reached:
        """Prepare to stop in the middle of all of these jobs; what is returned tells when it is reached."""
        each = [self._middle(job) for job in jobs]
        return lambda: all(reached() for reached in each)

    def _middle(self, job: Job) -> Reached:
        hold, lost = self.trail.hold, job.environment == "staging"
        match job.duty:
            case Duty.DEPLOY:
                step, lost = DEPLOYING[job.environment]
                return hold(f"-{job.environment}/{step}$", nth=2, effect=lost).reached.is_set
            case Duty.PROMOTE:
                return hold(f"-{job.environment}/aliases/live$", nth=2, effect=lost).reached.is_set
            case Duty.DEPLOY_SITE | Duty.PROMOTE_SITE:
                return hold(POINT_SITE, effect=lost).reached.is_set
            case Duty.CHECK | Duty.BROWSER:
                return lambda: self._running(job) and self._works("pytest")
            case Duty.BUILD_SITE:
                return lambda: self._running(job) and self._works("npm")
            case _:
                return lambda: self._running(job)

    def _running(self, job: Job) -> bool:
        view = self.product.run(self.run)
        if len(view.attempts) <= len(self.left):
            return False  # what it says is what the one that was killed left
        phase = view.jobs[job.name].phase
        # A job without effects ends in the instant in which it begins.
        return phase is Phase.RUNNING or (job.duty is Duty.DETECT and phase.ended)

    def _works(self, word: str) -> bool:
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return False
        return any(word in part for child in children for part in _command(child))


DEPLOYING = {"dev": ("code", False), "staging": ("versions", True), "prod": ("aliases/candidate", True)}
"""Environment → the request in the middle of its deployment, and whether it still has its effect."""


def in_turn(plan: Plan) -> list[tuple[Job, ...]]:
    """The plan's jobs as they come; the candidates of an environment, which are deployed side by side, at once.

    Skew tests are left out: in a first deployment there is nothing that they could be in the middle of. So is what does
    not apply.
    """
    turns: list[tuple[Job, ...]] = []
    for job in plan.jobs:
        if job.duty is Duty.SKEW or not job.applies:
            continue
        if job.duty is Duty.DEPLOY_SITE:
            turns[-1] = (*turns[-1], job)
        else:
            turns.append((job,))
    return turns


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _working_in(folder: Path) -> list[list[str]]:
    """Command lines of the processes whose working folder is below a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process.cmdline())
        except psutil.Error:
            continue
    return found
