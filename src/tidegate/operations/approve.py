"""`tidegate approve|reject RUN ENV`: a person decides whether a run goes on to an environment."""

import getpass

from tidegate.errors import ConfigError
from tidegate.model.pipeline import Pipeline
from tidegate.model.run import RunView
from tidegate.operations.project import Project


def decide(project: Project, run: str, environment: str, reason: str, *, approved: bool) -> RunView:
    """Record what the person at this terminal decided; returns the run, which must be taken up to go on.

    A run that one process still walks, elsewhere in its graph, takes the decision up by itself.

    Raises:
        ConfigError: When the pipeline of the run's commit does not let that person, or when the run is over, was
            superseded, does not wait for that environment, or was decided about already. Nothing is recorded then.
    """
    person = getpass.getuser()
    with project.ledger() as ledger:
        view = ledger.run(run)
        _may(project.pipeline_at(project.repository(), view.commit), environment, person)
        if by := ledger.environment(environment).superseded.get(run):
            raise ConfigError(
                f"run {run} was superseded by run {by} in {environment}",
                where=f"run {run}",
                what_next=f"`tidegate status {by}` shows how far that one is",
            )
        return ledger.decide_approval(run, environment, person, reason, approved=approved)


def _may(pipeline: Pipeline, environment: str, person: str) -> None:
    declared = pipeline.environments.get(environment)
    if declared is None:
        raise ConfigError(
            f"no environment is called {environment!r}",
            where="tidegate.yaml",
            what_next=f"use one of: {', '.join(pipeline.environments)}",
        )
    if declared.approvers and person not in declared.approvers:
        raise ConfigError(
            f"{person} may not decide about {environment}",
            where="tidegate.yaml",
            what_next=f"ask one of its approvers: {', '.join(declared.approvers)}",
        )
