"""deploy.yml with one mistake planted in it, as a hand might make it: each must be found out."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.workflows.workflow import Workflow, read_document, workflow_of

Change = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A workflow with a mistake; `name` says what was changed, and where."""

    name: str
    workflow: Workflow


def mutants(text: str) -> Iterator[Mutant]:
    """Every mutant of a rendered deploy.yml."""
    content = read_document(text)
    for job in content["jobs"].values():
        del job["steps"]  # no schedule depends on them
    for name, change in _changes(content):
        changed = deepcopy(content)
        change(changed)
        yield Mutant(name, workflow_of(changed))


def _changes(content: dict[str, Any]) -> Iterator[tuple[str, Change]]:
    yield "cancel-in-progress", lambda found: found["concurrency"].update({"cancel-in-progress": True})
    yield "no concurrency", lambda found: found.pop("concurrency")
    yield "a group for each run", lambda found: found["concurrency"].update(group="deploy-${{ github.run_id }}")
    yield "one group for pushes and dispatches", lambda found: found["concurrency"].update(group="deploy")
    for name, job in content["jobs"].items():
        for need in job.get("needs", ()):
            yield f"{name}: no need of {need}", _changed(name, lambda job, need=need: job["needs"].remove(need))
        if "if" in job:
            yield f"{name}: no if", _changed(name, lambda job: job.pop("if"))
            for said, condition in _conditions(job["if"]):
                if condition != job["if"]:
                    yield f"{name}: {said}", _changed(name, lambda job, given=condition: job.update({"if": given}))


def _conditions(given: str) -> Iterator[tuple[str, str]]:
    """Weaker and stronger conditions."""
    inner = given.removeprefix("${{ ").removesuffix(" }}")
    parts = re.split(r" && (?![^(]*\|\|)", inner)
    for number, part in enumerate(parts):
        if others := parts[:number] + parts[number + 1 :]:
            yield f"not asked for {part}", f"${{{{ {' && '.join(others)} }}}}"
    yield "always() instead", "${{ always() }}"
    yield "success() instead", "${{ success() }}"
    yield "!failure() instead of !cancelled()", given.replace("!cancelled()", "!failure()")
    yield "always() instead of !cancelled()", given.replace("!cancelled()", "always()")
    yield "!cancelled() instead of always()", given.replace("always()", "!cancelled()")
    yield "one result instead of all", given.replace("needs.*.result", "needs.detect-changes.result")


def _changed(name: str, change: Callable[..., object]) -> Change:
    return lambda found: change(found["jobs"][name])
