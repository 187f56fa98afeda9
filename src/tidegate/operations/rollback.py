"""`tidegate rollback ENV [--to RELEASE]` and `tidegate unpin ENV`."""

import getpass

from tidegate.errors import ConfigError
from tidegate.ledger.contracting import needed_again
from tidegate.ledger.environment import EnvironmentView
from tidegate.model.job import Duty, Job, Plan
from tidegate.model.run import RunView
from tidegate.operations.project import Project
from tidegate.operations.run import carry


async def rollback(project: Project, environment: str, to: str | None, reason: str) -> RunView:
    """Put an earlier release back by moving pointers; nothing is built. Pins the environment.

    Raises:
        ConfigError: When there is no such environment, or the release never was live there.
        GateFailed: When the release needs what a contract migration took away.
        Locked: When a run holds the environment.
    """
    with project.ledger() as ledger:
        view = ledger.environment(environment)
        target = _target(view, to)
        release = ledger.release(target)
        if refused := needed_again(view, release):
            raise refused
        name, why = f"rollback-{environment}", reason or f"from {view.live}"
        limit = project.pipeline_at(project.repository(), release.commit).timeouts.of(Duty.ROLLBACK)
        plan = Plan(
            commit=release.commit,
            base=None,
            jobs=(Job(name, Duty.ROLLBACK, environment=environment, reason=why, timeout_seconds=limit),),
            reason=f"{environment}: {view.live} → {target}",
            carries=target,
        )
        run = ledger.open_run(release.commit, "", None, f"rollback {environment} to {target}")
        ledger.record_plan(run.id, plan)
    return await carry(project, run.id)


def unpin(project: Project, environment: str, reason: str) -> bool:
    """Let runs deploy to an environment again; tells whether it was pinned."""
    with project.ledger() as ledger:
        if ledger.environment(environment).pinned is None:
            return False
        ledger.unpin(environment, getpass.getuser(), reason)
        return True


def _target(view: EnvironmentView, to: str | None) -> str:
    if to is None:
        if not view.previous:
            raise ConfigError(
                f"no release was live in {view.name} before {view.live or 'now'}",
                where=view.name,
                what_next="`tidegate history` lists what reached it",
            )
        return view.previous[0]
    if to == view.live:
        raise ConfigError(f"{to} is live in {view.name} already", where=view.name, what_next="nothing needs to be done")
    if to not in view.pointers:
        known = ", ".join(sorted(view.pointers, reverse=True)) or "none"
        raise ConfigError(
            f"{to} never was live in {view.name}", where=view.name, what_next=f"choose one that was: {known}"
        )
    return to
