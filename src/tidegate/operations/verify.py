"""`tidegate verify ENV`: put what is live to the test again."""

from tidegate.errors import ConfigError
from tidegate.model.job import Duty, Job, Plan
from tidegate.operations.project import Project


def open_verification(project: Project, environment: str) -> str:
    """Open a run that tests the live release of an environment; returns its id. Nothing is started yet.

    Raises:
        ConfigError: When nothing is live there, or its commit's pipeline is wrong.
        SourceError: When the repository does not have the commit.
    """
    with project.ledger() as ledger:
        live = ledger.environment(environment).live
        if not live:
            raise ConfigError(
                f"nothing is live in {environment}", where=environment, what_next="`tidegate status` shows what is live"
            )
        commit = ledger.release(live).commit
        name, why = f"verify-{environment}", f"{live} is live"
        limit = project.pipeline_at(project.repository(), commit).timeouts.of(Duty.VERIFY)
        job = Job(name, Duty.VERIFY, environment=environment, reason=why, timeout_seconds=limit)
        plan = Plan(commit, None, (job,), reason=f"{environment}: {live} is verified again", carries=live)
        return ledger.open_run(commit, "", None, f"verify {live} in {environment}", plan).id
