"""Jobs `e2e-test-<env>`: candidate backend and candidate site, tested as a pair in a real browser."""

from dataclasses import dataclass
from pathlib import Path

from tidegate.execute.gate import conclude, measured
from tidegate.execute.machine import Command, Shard
from tidegate.execute.pointers import applier, observe
from tidegate.execute.site import show_on_test
from tidegate.execute.workshop import Workshop
from tidegate.gates.command import judge_tests
from tidegate.model.job import Duty, Job, JobReport
from tidegate.model.pipeline import BrowserGate
from tidegate.model.snapshot import FunctionSnapshot
from tidegate.model.verdict import Measurement
from tidegate.targets.step import CANDIDATE, LIVE, PointAlias
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
    await _complete(shop, job)
    site = await shop.cloud.edges.distribution(shop.addresses[job.environment].test)
    pair = Pair("end-to-end tests", site.url, shop.source)
    return conclude(job.name, await measure_pair(shop, job, gate, pair))


async def _complete(shop: Workshop, job: Job) -> None:
    """Bring the half that this run does not move to what is live: a run before may have left another candidate."""
    snapshot = await observe(shop, job.environment)
    moves = {one.duty for one in shop.plan.jobs if one.environment == job.environment and one.applies}
    if Duty.DEPLOY not in moves:
        apply = applier(shop, job.environment, job.name)
        await together(apply.apply(_to_live(function)) for function in snapshot.functions.values())
    site = shop.release().site
    if Duty.DEPLOY_SITE not in moves and site and snapshot.site and snapshot.site.test.release != site.digest:
        await show_on_test(shop, job, snapshot.site.test)


def _to_live(function: FunctionSnapshot) -> tuple[PointAlias, ...]:
    live, candidate = function.aliases.get(LIVE), function.aliases.get(CANDIDATE)
    if live is None or candidate is None or (candidate.version == live.version and not candidate.weights):
        return ()
    return (PointAlias(function.name, CANDIDATE, live.version, candidate),)


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
