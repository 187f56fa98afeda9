"""How long jobs took in earlier runs, for progress bars and plans."""

from collections.abc import Mapping
from statistics import median

from tidegate.ledger.book import Book
from tidegate.ledger.codec import DURATIONS
from tidegate.ledger.projection import decode
from tidegate.model.job import Phase
from tidegate.model.record import JobsTimed
from tidegate.model.run import RunView

STREAM = "durations"
WINDOW = 10
"""How many times of a job count."""

LOOK_BACK = 200
"""How many runs are looked at for them."""


class Durations(Book):
    """Times of jobs that succeeded."""

    def times(self, job: str) -> tuple[float, ...]:
        """Return the seconds that a job took the last times that it succeeded, at most `WINDOW`, the latest last."""
        return self._all_times().get(job, ())

    def expected_seconds(self, job: str) -> float | None:
        """Return the median of `times`, or None for a job that never succeeded."""
        times = self.times(job)
        return median(times) if times else None

    def expected_times(self) -> dict[str, float]:
        """Return `expected_seconds` of every job that ever succeeded, at one reading."""
        return {job: median(times) for job, times in self._all_times().items()}

    def learn_expected_times(self, seconds: Mapping[str, float]) -> None:
        """Begin with times that another ledger knew, so that a first run here has something to be told against."""
        if seconds:
            self._journal.append(STREAM, DURATIONS.encode(JobsTimed("", dict(seconds), self._clock())))

    def _all_times(self) -> dict[str, tuple[float, ...]]:
        length = self._journal.refresh(STREAM).length
        entries = self._journal.read(STREAM, max(0, length - LOOK_BACK))
        by_run: dict[str, JobsTimed] = {}
        for entry in entries:
            timed = decode(DURATIONS, STREAM, entry)
            by_run.pop(timed.run, None)
            by_run[timed.run] = timed
        times: dict[str, list[float]] = {}
        for timed in by_run.values():
            for job, seconds in timed.seconds.items():
                times.setdefault(job, []).append(seconds)
        return {job: tuple(found[-WINDOW:]) for job, found in times.items()}

    def _learn_times(self, view: RunView) -> None:
        """Keep the times of a run that ended; ended again after a resume, it replaces what it said before."""
        seconds = {
            job.name: job.seconds
            for job in view.jobs.values()
            if job.phase is Phase.SUCCEEDED and job.seconds is not None
        }
        if seconds:
            self._journal.append(STREAM, DURATIONS.encode(JobsTimed(view.id, seconds, self._clock())))
