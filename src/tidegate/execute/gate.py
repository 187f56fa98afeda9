"""Runs the commands of gates, and turns a verdict into a job's report or failure."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from tidegate.errors import GateFailed
from tidegate.execute.workshop import Workshop
from tidegate.gates.command import TestReport, judge_command, read_report
from tidegate.gates.judge import judge
from tidegate.model.job import JobReport, Phase
from tidegate.model.verdict import Measurement, Verdict
from tidegate.process import run


async def measure_command(  # noqa: PLR0913 - what a command is made of
    shop: Workshop,
    job: str,
    name: str,
    command: str,
    env: Mapping[str, str],
    timeout_seconds: float,
    *,
    warn: bool,
    source: Path | None = None,
) -> Measurement:
    """Run one command in the checked-out tree, or in that of another commit, and judge its exit code."""
    log = shop.log(job)
    log(f"$ {command}")
    began = shop.clock()
    ended = await run(["sh", "-e", "-c", command], cwd=source or shop.source, env=env, log=log, timeout=timeout_seconds)
    tail = "\n".join(ended.tail[-15:])
    return judge_command(
        name, ended.code, timed_out=ended.timed_out, warn=warn, seconds=shop.clock() - began, tail=tail
    )


def junit_option(path: Path) -> str:
    """The addition to PYTEST_ADDOPTS that makes pytest write a JUnit report."""
    return f"--junitxml={shlex.quote(str(path.resolve()))}"


def report_at(path: Path) -> TestReport | None:
    """The JUnit report at a path; None when there is none that can be read."""
    try:
        return read_report(path.read_bytes())
    except (OSError, ValueError):
        return None


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
