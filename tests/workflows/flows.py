"""Small workflows in one line a job, for tables."""

from collections.abc import Mapping

import yaml

from tests.workflows.attempt import Attempt, Reading, Result, begin, finish
from tests.workflows.values import Value
from tests.workflows.workflow import Workflow, load_workflow

CONTEXTS: Mapping[str, Value] = {"github": {"event_name": "push"}, "inputs": {}, "vars": {}}


def flow(*lines: str, **more: object) -> Workflow:
    """A workflow of lines such as `c < a b ? always()`: a job, its needs and its `if`."""
    jobs: dict[str, dict[str, object]] = {}
    for line in lines:
        head, _, condition = line.partition("?")
        name, _, needs = head.partition("<")
        job: dict[str, object] = {"runs-on": "x", "steps": [{"run": "true"}]}
        if needs.strip():
            job["needs"] = needs.split()
        if condition.strip():
            job["if"] = condition.strip()
        jobs[name.strip()] = job
    return load_workflow(yaml.safe_dump({"on": {"push": None}, "jobs": jobs, **more}, sort_keys=False))


def walked(workflow: Workflow, ends: Mapping[str, Result], reading: Reading | None = None) -> Attempt:
    """An attempt to its end; jobs that are not named succeed."""
    return carried(begin(workflow, CONTEXTS, reading), ends)


def carried(attempt: Attempt, ends: Mapping[str, Result] | None = None) -> Attempt:
    """What runs, finished, until nothing does."""
    while attempt.running:
        name = next(name for name in attempt.workflow.jobs if name in attempt.running)
        attempt = finish(attempt, name, (ends or {}).get(name, Result.SUCCESS))
    return attempt


def told(attempt: Attempt) -> str:
    """Results in the order of the jobs, such as `success skipped`; `runs` and `asks` for what has not ended."""
    return " ".join(
        attempt.ended[name].result.value
        if name in attempt.ended
        else "runs"
        if name in attempt.running
        else "asks"
        if name in attempt.asking
        else "-"
        for name in attempt.workflow.jobs
    )
