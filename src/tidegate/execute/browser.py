"""Jobs `e2e-test-<env>`: candidate backend and candidate site, tested as a pair in a real browser."""

from tidegate.execute.gate import conclude, junit_option, measure_command, report_at
from tidegate.execute.python_environment import python_environment
from tidegate.execute.workshop import Workshop
from tidegate.gates.command import judge_tests
from tidegate.model.job import Job, JobReport
from tidegate.model.verdict import Measurement
from tidegate.targets.together import together


async def browser_test(shop: Workshop, job: Job) -> JobReport:
    """Run the end-to-end tests against TEST, shards side by side."""
    gate = shop.pipeline.browser
    assert gate is not None
    base = await python_environment(shop.source, gate.python, shop.home.cache, shop.log(job.name))
    site = await shop.cloud.edges.distribution(shop.addresses[job.environment].test)
    reports = shop.home.reports(shop.run, job.name)
    reports.mkdir(parents=True, exist_ok=True)

    async def shard(number: int) -> Measurement:
        xml = reports / f"shard-{number}.xml"
        xml.unlink(missing_ok=True)
        env = {
            **base,
            "E2E_BASE_URL": site.url,
            "E2E_SHARD_INDEX": str(number),
            "E2E_SHARD_TOTAL": str(gate.shards),
            "E2E_ARTIFACTS": str(reports.resolve()),
            "PYTEST_ADDOPTS": f"{base.get('PYTEST_ADDOPTS', '')} -p no:cacheprovider {junit_option(xml)}".strip(),
        }
        name = f"end-to-end tests, shard {number} of {gate.shards}"
        command = await measure_command(shop, job.name, name, gate.run, env, gate.timeout_seconds, warn=False)
        return judge_tests(command, report_at(xml))

    return conclude(job.name, await together(shard(number + 1) for number in range(gate.shards)))
