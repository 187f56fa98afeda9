"""A job of a workflow, in the order of keys that people know from GitHub's own pages."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tidegate.actions.page import Value
from tidegate.actions.steps import Step
from tidegate.model.job import Job

MARGIN_MINUTES = 15
"""For what is no part of the job's own limit: the commit, the tools, and putting back what it moved."""
LONGEST_MINUTES = 360
"""A job on one of GitHub's runners ends after six hours whatever it says."""


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """A job of a workflow file.

    Attributes:
        name: What people and branch protection see; no two workflows of a pull request may share one.
        needs: Ids of all jobs that come before it, however far.
        condition: What stands in `if`, without the braces; empty for GitHub's own rule.
        environment: The GitHub environment whose secrets it sees; empty for none.
        outputs: Names of outputs of its step `tidegate`.
    """

    name: str
    runner: str
    minutes: int
    permissions: Mapping[str, Value]
    steps: Sequence[Step]
    needs: Sequence[str] = ()
    condition: str = ""
    environment: str = ""
    outputs: Sequence[str] = ()
    env: Mapping[str, Value] = field(default_factory=dict)

    def content(self) -> Mapping[str, Value]:
        """The job as it is written."""
        outputs = {name: f"${{{{ steps.tidegate.outputs.{name} }}}}" for name in self.outputs}
        every: dict[str, Value] = {
            "name": self.name,
            "needs": list(self.needs),
            "if": f"${{{{ {self.condition} }}}}" if self.condition else "",
            "runs-on": self.runner,
            "timeout-minutes": self.minutes,
            "environment": self.environment,
            "permissions": self.permissions,
            "outputs": outputs,
            "env": self.env,
            "steps": list(self.steps),
        }
        return {key: value for key, value in every.items() if value}


def minutes(job: Job, after: int = 0) -> int:
    """How long GitHub lets a job run: longer than Tidegate's own limits, which therefore come first.

    Args:
        job: The job; its preparation has the same limit once more.
        after: How long putting its environment back may take, in seconds.
    """
    return minutes_for(job.timeout_seconds * (2 if job.prepare_after is not None else 1) + after)


def minutes_for(seconds: float) -> int:
    """How long GitHub lets a job run whose own limit is so many seconds."""
    return min(math.ceil(seconds / 60) + MARGIN_MINUTES, LONGEST_MINUTES)
