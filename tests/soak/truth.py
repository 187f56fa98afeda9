"""Which release may answer users when: what the ledger says, against what users were answered. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.soak.users import Answer
from tidegate.ledger.environment import EnvironmentView, HistoryEntry
from tidegate.model.job import Duty
from tidegate.model.run import RunView

FOREVER = float("inf")
GATES = frozenset({Duty.DEPLOY, Duty.DEPLOY_SITE, Duty.BROWSER, Duty.SKEW})


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which users of an environment may be answered by a release."""

    release: str
    begin: float
    end: float = FOREVER


def passed(run: RunView, environment: str) -> float | None:
    """When the last gate of an environment let a run's release pass; None when one of them did not."""
    assert run.plan is not None
    gates = [job for job in run.plan.jobs if job.environment == environment and job.duty in GATES and job.applies]
    ends = [run.jobs[job.name].ended for job in gates if run.jobs[job.name].phase.lets_pass]
    times = [end for end in ends if end is not None]
    return max(times) if gates and len(times) == len(gates) else None


def windows(view: EnvironmentView, run: Callable[[str], RunView]) -> list[Window]:
    """The windows of all releases that were live, or about to be, in an environment.

    A release may answer from the moment in which the last gate let it pass, or in which a rollback to it began, until
    another one is known to be live or it was put back.
    """
    done: list[Window] = []
    live: Window | None = None
    coming: Window | None = None
    for entry in view.history:
        match entry.kind:
            case "intent":
                coming = _coming(entry, run(entry.run), view.name, live)
            case "went-live" | "rolled-back":
                if live is not None and live.release != entry.release:
                    done.append(Window(live.release, live.begin, entry.at))
                    live = None
                live = live or coming or Window(entry.release, FOREVER)
                coming = None
            case "put-back":
                if coming is not None:
                    done.append(Window(coming.release, coming.begin, entry.at))
                coming = None
    return [*done, *(one for one in (live, coming) if one is not None)]


def _coming(entry: HistoryEntry, run: RunView, environment: str, live: Window | None) -> Window | None:
    if live is not None and live.release == entry.release:
        return None
    assert run.plan is not None
    rollback = any(job.duty is Duty.ROLLBACK for job in run.plan.jobs)
    begin = entry.at if rollback else passed(run, environment)
    return None if begin is None else Window(entry.release, begin)


def wrong(
    answers: Iterable[Answer], allowed: Mapping[str, Iterable[Window]], shown: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """What is wrong with users' answers: those that failed, and those that no release may have given at that time.

    Args:
        answers: What users were answered.
        allowed: Environment → its windows.
        shown: `live` or `APP` → release → what it shows there.
    """
    found = []
    for answer in answers:
        environment, _, pointer = answer.place.partition(" ")
        if answer.failure:
            found.append(f"{answer.place} failed: {answer.failure}")
        elif not any(
            shown[pointer].get(window.release) == answer.shows
            and window.begin <= answer.answered
            and answer.asked <= window.end
            for window in allowed[environment]
        ):
            found.append(f"{answer.place} was answered by {answer.shows[:12]} at {answer.answered:.3f}")
    return found
