"""Runs in the ledger: opening one, what its jobs report, and its view."""

from collections.abc import Callable, Sequence

from tidegate.errors import Conflict
from tidegate.ledger import approvals, run_view
from tidegate.ledger.chain import CONFLICTS, always_late
from tidegate.ledger.codec import ALLOTMENTS, RUNS
from tidegate.ledger.durations import Durations
from tidegate.ledger.projection import Projection, decode
from tidegate.ledger.refusals import Unknown
from tidegate.model.job import JobReport, Phase, Plan
from tidegate.model.record import (
    JobEnded,
    JobPrepared,
    JobStarted,
    JobTurned,
    JobWaits,
    Noted,
    PlanRecorded,
    RunAllotted,
    RunEnded,
    RunOpened,
    RunRecord,
    RunStarted,
    StepDone,
    StepIntended,
    StepsIntended,
)
from tidegate.model.run import Alive, Attempt, RunView

INDEX = "runs"


class Runs(Durations):
    """Reads and writes runs. Times left out are the ledger's clock."""

    def open_run(
        self,
        commit: str,
        branch: str,
        base: str | None,
        trigger: str,
        plan: Plan | None = None,
        *,
        origin: str = "",
    ) -> RunView:
        """Open a run under the next id, with its plan where there is one already.

        `origin` is the workflow run that it was begun by, see `model.origin`; empty when it was none.
        """
        at = self._clock()
        for _ in range(CONFLICTS):
            head = self._journal.refresh(INDEX)
            run = str(head.length + 1)
            try:
                allotted = RunAllotted(run, commit, branch, base, trigger, at, origin)
                self._journal.append_at(INDEX, head, ALLOTMENTS.encode(allotted))
            except Conflict:
                continue
            opened = RUNS.encode(RunOpened(run, commit, branch, base, trigger, at, origin))
            if plan is None:
                self._journal.append(_stream(run), opened)
            else:
                self._journal.ride(_stream(run), opened)
                self._journal.append(_stream(run), RUNS.encode(PlanRecorded(plan, at)))
            return self.run(run)
        raise always_late(INDEX)

    def record_plan(self, run: str, plan: Plan) -> RunView:
        """Record what a run will do; its jobs appear in the view, pending."""
        self._write(run, PlanRecorded(plan, self._clock()))
        return self.run(run)

    def run_started(
        self,
        run: str,
        pid: int,
        host: str,
        born: str = "",
        *,
        origin: str = "",
        unless_ended: bool = False,
        once: bool = False,
    ) -> RunView:
        """A process took the run up: an attempt. `born` tells the process from one that gets its pid later.

        `origin` is the workflow run that the process is part of, see `model.origin`; empty when it is of none.
        With `unless_ended`, nothing is written about a run that is over; the view that is returned says so.
        With `once`, nothing is written about one that is under way in the hands of that very pid and host.
        """

        def decide(view: RunView) -> RunStarted | None:
            over = unless_ended and view.phase.ended
            last = view.attempts[-1] if view.attempts and view.phase is Phase.RUNNING else None
            told = once and last is not None and (last.host, last.pid) == (host, pid)
            return None if over or told else RunStarted(pid, host, self._clock(), born, origin)

        return self._decided_run(run, decide)

    def job_started(self, run: str, job: str, at: float | None = None, *, rides: bool = False) -> None:
        """A job began. With `rides`, the record of its first step takes this one along."""
        self._write(run, JobStarted(job, self._at(at)), rides=rides)

    def job_prepared(self, run: str, job: str, at: float | None = None) -> None:
        """Record that a job did what it does ahead of its turn."""
        self._write(run, JobPrepared(job, self._at(at)), rides=True)

    def job_turned(self, run: str, job: str, at: float | None = None) -> None:
        """Record that the turn of a prepared job came."""
        self._write(run, JobTurned(job, self._at(at)), rides=True)

    def job_waits(self, run: str, job: str, detail: str, at: float | None = None) -> None:
        """A job waits for a person."""
        self._write(run, JobWaits(job, self._at(at), detail))

    def job_ended(self, run: str, job: str, report: JobReport, at: float | None = None, *, hold: int = 0) -> None:
        """A job ended; `hold` is the number of the hold under which it was done, 0 for none.

        Raises:
            TypeError: The report's outcome is not JSON-compatible; nothing was written.
        """
        self._write(run, JobEnded(job, report.phase, self._at(at), report.detail, report.outcome, report.failure, hold))

    def steps_intended(self, run: str, job: str, steps: Sequence[str]) -> None:
        """A job is about to cause the effects that `steps` name, in any order, each told by `step_intended` too.

        Where appends are dear, one record keeps the intents of all of them; elsewhere each is its own record.
        """
        if self._journal.defers and len(steps) > 1:
            self._write(run, StepsIntended(job, tuple(steps), self._clock()))
            self._intended.update((run, job, step) for step in steps)

    def step_intended(self, run: str, job: str, step: str, detail: object = None) -> None:
        """A job is about to cause the effect that `step` names; `detail` is JSON that helps to observe it later."""
        if (run, job, step) in self._intended:
            self._intended.remove((run, job, step))
        else:
            self._write(run, StepIntended(job, step, self._clock(), detail))

    def step_done(self, run: str, job: str, step: str, outcome: object = None) -> None:
        """The effect happened, and `outcome`, JSON, came of it."""
        self._write(run, StepDone(job, step, self._clock(), outcome), rides=True)

    def note(self, run: str, job: str, text: str) -> None:
        """Keep something worth telling people; `job` is empty for the run as a whole."""
        self._write(run, Noted(job, text, self._clock()), rides=True)

    def ask_approval(self, run: str, environment: str) -> RunView:
        """The run came to an environment that a person must approve; asked again, nothing is written."""
        return self._decided_run(run, lambda view: approvals.ask(view, environment, self._clock()))

    def decide_approval(self, run: str, environment: str, by: str, reason: str, *, approved: bool) -> RunView:
        """Record what a person decided; return the run, whose phase tells whether a process walks it.

        Raises:
            errors.ConfigError: The run is over, does not wait for that environment, or was decided about already.
        """
        return self._decided_run(
            run, lambda view: approvals.decide(view, environment, by, reason, self._clock(), approved=approved)
        )

    def run_waits(self, run: str, environments: tuple[str, ...], reason: str) -> bool:
        """Let a run wait for approvals without a process; False when one was decided meanwhile: then it goes on."""
        view = self._decided_run(run, lambda view: approvals.wait(view, environments, reason, self._clock()))
        self._learn_times(view)
        return view.phase is Phase.WAITING

    def end_waiting(self, run: str, reason: str, superseded_by: str = "") -> bool:
        """Cancel a run that waits without a process; return whether it did."""
        ended = [False]

        def decide(view: RunView) -> RunEnded | None:
            record = approvals.end(view, reason, self._clock(), superseded_by)
            ended[0] = record is not None
            return record

        self._decided_run(run, decide)
        return ended[0]

    def end_lost(self, run: str, attempt: Attempt, reason: str) -> RunView:
        """Cancel a run whose last attempt is known to be gone; nothing is written about one that is in other hands."""

        def decide(view: RunView) -> RunEnded | None:
            gone = view.phase is Phase.RUNNING and view.attempts[-1:] == (attempt,)
            return RunEnded(Phase.CANCELLED, reason, self._clock()) if gone else None

        return self._decided_run(run, decide)

    def run_ended(self, run: str, phase: Phase, reason: str = "", superseded_by: str = "") -> RunView:
        """The run ended; what its jobs took counts from now on in `times`."""
        self._write(run, RunEnded(phase, reason, self._clock(), superseded_by))
        view = self.run(run)
        self._learn_times(view)
        return view

    def run(self, run: str, alive: Alive | None = None) -> RunView:
        """Return a run. With `alive`, one that says running while its process is gone is `interrupted`.

        Raises:
            refusals.Unknown: There is no such run.
            refusals.Damaged: Its records are not as they were written.
        """
        view = self._projection(run).current() if _is_id(run) else run_view.UNOPENED
        if not view.seq:
            view = self._allotted(run)
        return view.judged(alive) if alive else view

    def runs(self, limit: int | None = None, alive: Alive | None = None) -> list[RunView]:
        """Return the latest runs, the latest first."""
        last = self._journal.refresh(INDEX).length
        first = 1 if limit is None else max(1, last - limit + 1)
        return [self.run(str(number), alive) for number in range(last, first - 1, -1)]

    def of_origin(self, origin: str) -> str:
        """Return the id of the latest run that a workflow run began, see `model.origin`; empty when it began none."""
        entries = self._journal.read(INDEX, 0)
        begun = (decode(ALLOTMENTS, INDEX, entry) for entry in reversed(entries))
        return next((allotted.id for allotted in begun if allotted.origin == origin), "")

    def tail(self, run: str, after_seq: int = 0) -> list[tuple[int, RunRecord]]:
        """Return the records of a run behind `after_seq` with their seq; cheap enough to ask ten times a second.

        What this ledger is still to append is not among them: it has no seq yet.

        `RunView.seq` says where to begin, and `run_view.apply` carries a view on.
        """
        stream = _stream(run)
        return [(entry.seq, decode(RUNS, stream, entry)) for entry in self._journal.read(stream, after_seq)]

    def _write(self, run: str, record: RunRecord, *, rides: bool = False) -> None:
        stream = _stream(run)
        if not _is_id(run) or not self._journal.head(stream).length:
            raise _unknown(run)
        write = self._journal.ride if rides else self._journal.append
        write(stream, RUNS.encode(record))

    def _decided_run(self, run: str, decide: Callable[[RunView], RunRecord | None]) -> RunView:
        if not _is_id(run) or not self._journal.head(_stream(run)).length:
            raise _unknown(run)
        return self._projection(run).append(decide)

    def _at(self, at: float | None) -> float:
        return self._clock() if at is None else at

    def _projection(self, run: str) -> Projection[RunView, RunRecord]:
        return self._once(
            ("run", run),
            lambda: Projection(self._journal, _stream(run), RUNS, run_view.UNOPENED, run_view.apply),
        )

    def _allotted(self, run: str) -> RunView:
        """A run whose process died, or is, between getting its id and beginning its stream."""
        last = self._journal.refresh(INDEX).length
        if not _is_id(run) or int(run) > last:
            raise _unknown(run)
        entry = self._journal.read(INDEX, int(run) - 1)[0]
        found = decode(ALLOTMENTS, INDEX, entry)
        return RunView(found.id, found.commit, found.branch, found.base, found.trigger, found.at, origin=found.origin)


def _stream(run: str) -> str:
    return f"run/{run}"


def _is_id(run: str) -> bool:
    return run.isascii() and run.isdigit() and run[0] != "0"


def _unknown(run: str) -> Unknown:
    return Unknown(f"there is no run {run}", where="ledger", what_next="`tidegate history` lists the runs")
