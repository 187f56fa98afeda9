"""Jobs `e2e-test-<env>`: candidate backend and candidate site, tested as a pair in a real browser."""

from dataclasses import dataclass
from pathlib import Path

from tidegate.execute.gate import conclude, measured
from tidegate.execute.machine import Command, Shard
from tidegate.execute.workshop import Workshop
from tidegate.gates.command import judge_tests
from tidegate.model.job import Job, JobReport
from tidegate.model.pipeline import BrowserGate
from tidegate.model.verdict import Measurement
from tidegate.targets.together import together


@dataclass(frozen=True, slots=True)
class Pair:
    """A site with its API, at an address.

    Attributes:
        name: For people, such as `live site, candidate API`.
        url: Where the site is.
        source: The tree whose tests are run.
        folder: Where reports and screenshots go, below the job's.
    """

    name: str
    url: str
    source: Path
    folder: str = ""


async def browser_test(shop: Workshop, job: Job) -> JobReport:
    """Run the end-to-end tests against TEST, shards side by side."""
    gate = shop.pipeline.browser
    assert gate is not None
    site = await shop.cloud.edges.distribution(shop.addresses[job.environment].test)
    pair = Pair("end-to-end tests", site.url, shop.source)
    return conclude(job.name, await measure_pair(shop, job, gate, pair))


async def measure_pair(shop: Workshop, job: Job, gate: BrowserGate, pair: Pair) -> list[Measurement]:
    """Run a gate's tests against a pair, shards side by side."""
    log = shop.log(job.name)
    env = await shop.machine.python(pair.source, gate.python, log)
    command = Command(gate.run, pair.source, env, gate.timeout_seconds)

    async def shard(number: int) -> Measurement:
        log(f"$ {gate.run}")
        began = shop.clock()
        part = Shard(pair.url, shop.run, job.name, pair.folder, number, gate.shards)
        ended, report = await shop.machine.tests(command, part, log)
        name = f"{pair.name}, shard {number} of {gate.shards}"
        return judge_tests(measured(name, ended, shop.clock() - began), report)

    return await together(shard(number + 1) for number in range(gate.shards))
