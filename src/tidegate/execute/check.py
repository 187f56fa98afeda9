"""Job `test`: the quality gate."""

from tidegate.execute.gate import conclude, measure_command
from tidegate.execute.python_environment import python_environment
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport


async def check(shop: Workshop, job: Job) -> JobReport:
    """Run every step of the quality gate, those after a failed one included: one run tells all that is wrong."""
    gate = shop.pipeline.check
    assert gate is not None
    env = await python_environment(shop.source, gate.python, shop.home.cache, shop.log(job.name))
    measurements = [
        await measure_command(shop, job.name, step.name, step.run, env, gate.timeout_seconds, warn=step.warn)
        for step in gate.steps
    ]
    return conclude(job.name, measurements)
