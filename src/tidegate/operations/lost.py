"""A run that GitHub's runners walked, and whose workflow run is over without having ended it: nobody walks it any more.

Jobs that GitHub cancels by force, or whose runners are lost together with that of `gate`, leave such a run behind.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from tidegate.errors import CloudError
from tidegate.github.access import has_token
from tidegate.github.ports import Github
from tidegate.model.job import Phase
from tidegate.model.origin import GithubOrigin
from tidegate.model.run import Attempt, RunView
from tidegate.model.workflow import Status, WorkflowRun
from tidegate.operations.looking import Pause
from tidegate.operations.project import Project
from tidegate.operations.workflow import workflow_port

ASK_SECONDS = 15.0


def walked_by(view: RunView) -> GithubOrigin | None:
    """The workflow run that walks a run now, as the ledger says; None where none does."""
    if view.phase is not Phase.RUNNING or not view.attempts:
        return None
    return GithubOrigin.of(view.attempts[-1].origin)


def is_lost(attempt: Attempt, found: WorkflowRun) -> bool:
    """Whether an attempt is over on GitHub; `found` is its workflow run, whose status is that of the latest attempt."""
    return found.attempt > attempt.pid or (found.attempt == attempt.pid and found.status is Status.COMPLETED)


async def end_lost(project: Project, run: str | None, variables: Mapping[str, str]) -> RunView | None:
    """End a run in the ledger, the newest by default, that its workflow run left behind; None for any other.

    Without a token nobody knows, and nothing is ended.

    Raises:
        CloudError: When GitHub refuses or does not answer.
    """
    with project.ledger() as ledger:
        view = ledger.run(run) if run is not None else next(iter(ledger.runs(1)), None)
    origin = walked_by(view) if view is not None else None
    if view is None or origin is None or not has_token(variables):
        return None
    async with workflow_port(origin, variables) as github:
        found = await github.run(origin.id)
    if not is_lost(view.attempts[-1], found):
        return None
    with project.ledger() as ledger:
        return ledger.end_lost(view.id, view.attempts[-1], f"{origin} is over, and did not end it")


async def end_lost_holder(project: Project, environment: str, variables: Mapping[str, str]) -> None:
    """The same for the run that holds an environment.

    Raises:
        CloudError: When GitHub refuses or does not answer.
    """
    with project.ledger() as ledger:
        lock = ledger.environment(environment).lock
    if lock is not None:
        await end_lost(project, lock.run, variables)


def port_of(view: RunView, variables: Mapping[str, str]) -> AbstractAsyncContextManager[Github] | None:
    """The port for the repository whose workflow runs walk a run; None where none do, or without a token."""
    origin = GithubOrigin.of(view.origin)
    return workflow_port(origin, variables) if origin is not None and has_token(variables) else None


class Lookout:
    """Asks GitHub now and then whether the workflow run of a run that is watched is over."""

    def __init__(self, github: Github, view: RunView) -> None:
        self._github = github
        self._seen = view
        self._lost: set[Attempt] = set()

    def lost(self, view: RunView) -> bool:
        """Whether the last attempt that the ledger has is known to be over; remembers what to ask about next."""
        self._seen = view
        return walked_by(view) is not None and not self.lives(view.attempts[-1])

    def lives(self, attempt: Attempt) -> bool:
        """Whether nobody said that an attempt is over."""
        return attempt not in self._lost

    async def ask(self, pause: Pause = asyncio.sleep) -> None:
        """Ask again and again, without an end. What GitHub does not say now, it may say the next time."""
        while True:
            view = self._seen
            if origin := walked_by(view):
                with contextlib.suppress(CloudError):
                    if is_lost(view.attempts[-1], await self._github.run(origin.id)):
                        self._lost.add(view.attempts[-1])
            await pause(ASK_SECONDS)
