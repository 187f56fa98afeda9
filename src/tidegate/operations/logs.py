"""`tidegate logs`: the log of a job from this machine, the log of a function from CloudWatch."""

import contextlib
from collections.abc import AsyncIterator

from tidegate.errors import ConfigError
from tidegate.model.pipeline import expand
from tidegate.operations.function_log import FunctionLog
from tidegate.operations.project import Project


def job_log(project: Project, run: str | None, job: str) -> str:
    """All that a job of a run said; of the newest run by default.

    Raises:
        ConfigError: When there is no such log.
    """
    with project.ledger() as ledger:
        view = ledger.run(run) if run else next(iter(ledger.runs(1)), None)
    if view is None:
        raise ConfigError("no run has been started yet", where="ledger", what_next="`tidegate run`")
    path = project.home.log(view.id, job)
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as absent:
        known = ", ".join(sorted(log.stem for log in path.parent.glob("*.log"))) or "none"
        raise ConfigError(
            f"run {view.id} has no log of {job}", where=str(path), what_next=f"choose one of: {known}"
        ) from absent


@contextlib.asynccontextmanager
async def open_function_log(project: Project, environment: str, function: str) -> AsyncIterator[FunctionLog]:
    """The log of a function in an environment.

    Raises:
        ConfigError: When there is no such environment or function.
    """
    repository = project.repository()
    pipeline = project.pipeline_at(repository, repository.resolve("HEAD"))
    for kind, name, known in (
        ("environment", environment, pipeline.environments),
        ("function", function, pipeline.functions),
    ):
        if name not in known:
            raise ConfigError(f"unknown {kind} {name}", where=project.file, what_next=f"one of {', '.join(known)}")
    async with project.cloud(pipeline) as cloud:
        yield FunctionLog(cloud, expand(pipeline.functions[function].name, environment))
