"""What the interpreter on one machine makes of a plan whose jobs end in a given way."""

import asyncio
from collections.abc import Mapping

from tests.plan.forgetful import Forgetful
from tidegate.errors import Cancelled, GateFailed
from tidegate.execute.interpreter import walk
from tidegate.model.job import Job, JobReport, Phase, Plan


class Staged(Forgetful):
    """A performer whose jobs end as it is told. It prepares nothing: on GitHub no job does."""

    def __init__(self, ends: Mapping[str, Phase]) -> None:
        self._ends = ends

    async def perform(self, job: Job) -> JobReport:
        match self._ends.get(job.name, Phase.SUCCEEDED):
            case Phase.FAILED:
                raise GateFailed("no")
            case Phase.CANCELLED:
                raise Cancelled("ended")
            case phase:
                return JobReport(phase)


class Local:
    """Walks of one plan; each is done once."""

    def __init__(self, runner: asyncio.Runner, plan: Plan) -> None:
        self._runner = runner
        self._plan = plan
        self._known: dict[frozenset[tuple[str, Phase]], Mapping[str, Phase]] = {}

    def phases(self, ends: Mapping[str, Phase]) -> Mapping[str, Phase]:
        """The phase of every job, by how each ends that runs; one that is not named succeeds."""
        key = frozenset(ends.items())
        if key not in self._known:
            staged = Staged(ends)
            reports = self._runner.run(walk(self._plan.jobs, staged, staged))
            self._known[key] = {name: report.phase for name, report in reports.items()}
        return self._known[key]
