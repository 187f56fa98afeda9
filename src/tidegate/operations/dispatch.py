"""The rest of a run that waited on GitHub: once it was decided about, a dispatch of its workflow takes it up."""

import shlex
from dataclasses import dataclass

from tidegate.errors import CloudError, Failure, Unreachable
from tidegate.github.ports import Github
from tidegate.model.actions import ApprovalBy
from tidegate.model.origin import GithubOrigin
from tidegate.model.run import RunView
from tidegate.operations.project import Project

DEPLOY = "deploy.yml"
"""The workflow that carries runs; the file's name is its name for the API."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A start of deploy.yml that goes on with a run.

    Attributes:
        origin: The workflow run that the run waits behind.
        branch: The branch whose workflow file is started; it works at the run's own commit.
        run: The run's number.
    """

    origin: GithubOrigin
    branch: str
    run: str

    @property
    def by_hand(self) -> str:
        """What a person does in its place."""
        where = f"--repo {self.origin.repository} --ref {shlex.quote(self.branch)}"
        return f"start it by hand: gh workflow run {DEPLOY} {where} -f run={self.run}"


def dispatch_of(project: Project, view: RunView) -> Dispatch | None:
    """The dispatch that goes on with a run; None for one that is not GitHub's, or whose reviewers are there."""
    origin = GithubOrigin.of(view.origin)
    if origin is None:
        return None
    actions = project.pipeline_at(project.repository(), view.commit).actions
    if actions is None or actions.approval is not ApprovalBy.DISPATCH:
        return None
    return Dispatch(origin, view.branch, view.id)


async def send(dispatch: Dispatch, github: Github) -> None:
    """Start the workflow. What was decided stays in the ledger whatever comes of it.

    Raises:
        Failure: When it was not started, or nobody knows whether it was; a second start does no harm.
    """
    try:
        await github.dispatch(DEPLOY, dispatch.branch, {"run": dispatch.run})
    except CloudError as refused:
        started = "may not have been started" if isinstance(refused, Unreachable) else "was not started"
        hint = f"; {refused.what_next}" if refused.what_next else ""
        raise not_sent(dispatch, f"{DEPLOY} {started}: {refused.what}{hint}") from refused


def not_sent(dispatch: Dispatch, why: str) -> Failure:
    """What a person is told whose decision is recorded, and whose run does not go on yet."""
    return Failure(
        f"the decision is recorded, but {why}",
        where=f"run {dispatch.run}",
        what_next=dispatch.by_hand,
    )
