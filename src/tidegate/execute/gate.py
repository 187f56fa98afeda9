"""Runs the commands of gates, and turns a verdict into a job's report or failure."""

import asyncio
from collections.abc import Sequence

from tidegate.errors import GateFailed
from tidegate.execute.machine import Command, Log, Machine
from tidegate.gates.command import judge_command
from tidegate.gates.judge import judge
from tidegate.model.job import JobReport, Phase
from tidegate.model.verdict import Measurement, Verdict
from tidegate.process import Ended


async def measure_command(machine: Machine, log: Log, name: str, command: Command, *, warn: bool) -> Measurement:
    """Run one command and judge its exit code."""
    log(f"$ {command.text}")
    began = (loop := asyncio.get_running_loop()).time()
    ended = await machine.command(command, log)
    return measured(name, ended, loop.time() - began, warn=warn)


def measured(name: str, ended: Ended, seconds: float, *, warn: bool = False) -> Measurement:
    """An ended command as a measurement, the end of its output with it."""
    tail = "\n".join(ended.tail[-15:])
    return judge_command(name, ended.code, timed_out=ended.timed_out, warn=warn, seconds=seconds, tail=tail)


def conclude(job: str, measurements: Sequence[Measurement]) -> JobReport:
    """The report of a gate's job.

    Raises:
        GateFailed: When the verdict is not Successful.
    """
    verdict = judge(measurements)
    if verdict is not Verdict.SUCCESSFUL:
        bad = next((m for m in measurements if not m.warn and m.verdict is verdict), None)
        what = f"{bad.name}: {bad.detail}" if bad else "nothing was measured, so nothing is known"
        raise GateFailed(f"{verdict}: {what}", where=job, what_next=f"`tidegate logs --job {job}` shows all of it")
    warnings = [m.name for m in measurements if m.warn and m.verdict is not Verdict.SUCCESSFUL]
    tests = sum(int(str(m.facts["tests"])) for m in measurements if "tests" in m.facts)
    passed = f"{len(measurements) - len(warnings)} checks passed"
    detail = f"{tests} tests passed" if tests else passed
    if warnings:
        detail += f"; warned: {', '.join(warnings)}"
    facts = [
        {"name": m.name, "verdict": m.verdict.value, "seconds": round(m.seconds, 3), **m.facts} for m in measurements
    ]
    return JobReport(Phase.SUCCEEDED, detail, {"measurements": facts})
