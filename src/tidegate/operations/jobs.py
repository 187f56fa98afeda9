"""Which operation the name of a job means: those of the plan, and the three that only runners know."""

from tidegate.errors import ConfigError
from tidegate.execute.machine import Log
from tidegate.operations.checkout_check import check_checkout
from tidegate.operations.detect import detect_changes
from tidegate.operations.gate import GATE, conclude_checks, conclude_run, read_needs
from tidegate.operations.github_context import GithubContext
from tidegate.operations.job import JobEnd, put_environment_back, walk_job
from tidegate.operations.project import Project
from tidegate.plan.graph import DETECT

PUT_BACK = "put-back-"
ON_PUSHES = frozenset({"terratest"})
"""Gates that no pull request runs: they may create what costs money."""


async def do_job(
    project: Project, name: str, run: str, github: GithubContext | None, needs: str | None, echo: Log
) -> JobEnd:
    """Do a job of a run, or without a run judge the checkout.

    Args:
        project: The project.
        name: The job.
        run: The run that it belongs to; empty for none.
        github: What GitHub tells; None elsewhere.
        needs: GitHub's JSON of the jobs before this one; None where nothing is given.
        echo: What each line of the job's log is told.

    Raises:
        Failure: When the job cannot begin, or a gate on the checkout did not pass.
    """
    if github is not None and github.is_pull_request and (run or name == DETECT):
        raise ConfigError(
            f"a pull request deploys nothing: {name} is no job of one",
            where="GITHUB_EVENT_NAME=pull_request",
            what_next="its jobs are the declared gates, and gate",
        )
    if name == DETECT:
        return detect_changes(project, github, run)
    if name == GATE:
        results = read_needs(needs)
        if not run:
            return conclude_checks(results, ON_PUSHES if github and github.is_pull_request else frozenset())
        if github is not None and results is None:
            raise ConfigError("nobody said how the jobs before it ended", where="TIDEGATE_NEEDS is not set")
        return conclude_run(project, run, results)
    if not run:
        return await check_checkout(project, name, github, echo)
    if name.startswith(PUT_BACK):
        return await put_environment_back(project, run, name.removeprefix(PUT_BACK), github, echo)
    return await walk_job(project, run, name, github, echo)
