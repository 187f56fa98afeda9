"""Job `test`, and the gates of the infrastructure: commands that judge a tree of files."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tidegate.execute.gate import conclude, measure_command
from tidegate.execute.machine import Command, Log, Machine
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport
from tidegate.model.pipeline import CheckGate
from tidegate.model.verdict import Measurement, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A tree of files, and where what is said of it goes."""

    job: str
    source: Path
    machine: Machine
    log: Log


async def check(shop: Workshop, job: Job) -> JobReport:
    """Run the quality gate on the run's commit."""
    assert shop.pipeline.check is not None
    return await judge(shop.pipeline.check, Judged(job.name, shop.source, shop.machine, shop.log(job.name)))


async def judge(gate: CheckGate, of: Judged) -> JobReport:
    """Run every step of a gate, those after a failed one included: one run tells all that is wrong.

    Raises:
        GateFailed: When the verdict is not Successful.
    """
    env = await of.machine.python(of.source, gate.python, of.log)
    # The loop's time, since the clock of a machine may jump.
    deadline = (loop := asyncio.get_running_loop()).time() + gate.timeout_seconds
    measurements = []
    for step in gate.steps:
        left = deadline - loop.time()
        if left > 0:
            command = Command(step.run, of.source, env, left)
            measured = await measure_command(of.machine, of.log, step.name, command, warn=step.warn)
        else:
            measured = Measurement(step.name, Verdict.ERROR, "not run: the gate's time was up", warn=step.warn)
        measurements.append(measured)
    return conclude(of.job, measurements)
