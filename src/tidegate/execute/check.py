"""Job `test`: the quality gate."""

import asyncio

from tidegate.execute.gate import conclude, measure_command
from tidegate.execute.machine import Command
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport
from tidegate.model.verdict import Measurement, Verdict


async def check(shop: Workshop, job: Job) -> JobReport:
    """Run every step of the quality gate, those after a failed one included: one run tells all that is wrong."""
    gate = shop.pipeline.check
    assert gate is not None
    env = await shop.machine.python(shop.source, gate.python, shop.log(job.name))
    # The loop's time, since the clock of a machine may jump.
    deadline = (loop := asyncio.get_running_loop()).time() + gate.timeout_seconds
    measurements = []
    for step in gate.steps:
        left = deadline - loop.time()
        if left > 0:
            measured = await measure_command(
                shop, job.name, step.name, Command(step.run, shop.source, env, left), warn=step.warn
            )
        else:
            measured = Measurement(step.name, Verdict.ERROR, "not run: the gate's time was up", warn=step.warn)
        measurements.append(measured)
    return conclude(job.name, measurements)
