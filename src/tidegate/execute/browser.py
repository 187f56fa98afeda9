"""Jobs `e2e-test-<env>`: candidate backend and candidate site, tested as a pair in a real browser."""

from dataclasses import dataclass
from pathlib import Path

from tidegate.execute.gate import conclude, junit_option, measure_command, report_at
from tidegate.execute.python_environment import python_environment
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
    base = await python_environment(pair.source, gate.python, shop.home.cache, shop.log(job.name))
    reports = shop.home.reports(shop.run, job.name) / pair.folder
    reports.mkdir(parents=True, exist_ok=True)

    async def shard(number: int) -> Measurement:
        name = f"{pair.name}, shard {number} of {gate.shards}"
        xml = reports / f"shard-{number}.xml"
        xml.unlink(missing_ok=True)
        env = {
            **base,
            "E2E_BASE_URL": pair.url,
            "E2E_SHARD_INDEX": str(number),
            "E2E_SHARD_TOTAL": str(gate.shards),
            "E2E_ARTIFACTS": str(reports.resolve()),
            "PYTEST_ADDOPTS": f"{base.get('PYTEST_ADDOPTS', '')} -p no:cacheprovider {junit_option(xml)}".strip(),
        }
        command = await measure_command(
            shop, job.name, name, gate.run, env, gate.timeout_seconds, warn=False, source=pair.source
        )
        return judge_tests(command, report_at(xml))

    return await together(shard(number + 1) for number in range(gate.shards))
