"""Jobs `deploy-<env>`: make every function's candidate serve the release, and smoke-test it."""

import json
from collections.abc import Mapping

from tidegate.execute.environment import applier, observe
from tidegate.execute.gate import conclude
from tidegate.execute.promote import promote_functions
from tidegate.execute.workshop import Workshop
from tidegate.gates.smoke import http_request, judge_answer
from tidegate.model.job import Job, JobReport
from tidegate.model.pipeline import FunctionSpec, SmokeTest, expand
from tidegate.model.release import Artifact
from tidegate.model.snapshot import FunctionSnapshot
from tidegate.model.verdict import Measurement, Verdict
from tidegate.targets.functions import plan_candidate
from tidegate.targets.step import CANDIDATE
from tidegate.targets.together import together


async def deploy(shop: Workshop, job: Job) -> JobReport:
    """Bring the release's images to the candidate pointers of all functions at once, then smoke-test them.

    With order `backend-first` the live pointers follow at once, as in the reference.
    """
    snapshot = await observe(shop, job.environment)
    release = shop.release()
    registry = await shop.cloud.images.access()
    apply = applier(shop, job.name)

    async def one(key: str, function: FunctionSnapshot) -> None:
        artifact = release.images[shop.pipeline.functions[key].image]
        uri = f"{registry.host}/{artifact.location}@{artifact.digest}"
        await apply.apply(plan_candidate(function, artifact, uri))

    await together(one(key, function) for key, function in snapshot.functions.items())
    report = conclude(job.name, await smoke(shop, job, snapshot.functions))
    if job.promotes:
        await promote_functions(shop, job)
    return report


async def smoke(shop: Workshop, job: Job, found: Mapping[str, FunctionSnapshot]) -> list[Measurement]:
    """Ask every candidate what `tidegate.yaml` says, functions side by side."""
    release = shop.release()

    async def one(key: str) -> list[Measurement]:
        spec = shop.pipeline.functions[key]
        if not spec.smoke:
            return [Measurement(key, Verdict.INCONCLUSIVE, "no smoke test is declared, so nothing is known")]
        return [await _ask(shop, job, spec, test, release.images[spec.image]) for test in spec.smoke]

    return [measurement for group in await together(one(key) for key in found) for measurement in group]


async def _ask(shop: Workshop, job: Job, spec: FunctionSpec, test: SmokeTest, artifact: Artifact) -> Measurement:
    name = expand(spec.name, job.environment)
    if test.seed is not None:
        bucket = expand(shop.pipeline.resources.buckets[test.seed.bucket], job.environment)
        body = shop.source / test.seed.file
        await shop.cloud.buckets.write(
            bucket, test.seed.key, body, content_type="application/octet-stream", cache_control="no-store"
        )
    if test.get is not None:
        event: object = http_request(test.get)
    else:
        assert test.event
        event = json.loads(expand((shop.source / test.event).read_text(encoding="utf-8"), job.environment))
    began = shop.clock()
    answer = await shop.cloud.functions.invoke(name, CANDIDATE, event)
    measured = judge_answer(f"{spec.key} {test.name}", test.expect, artifact, answer.payload, answer.error)
    shop.log(job.name)(f"smoke {measured.name}: {measured.verdict} ({shop.clock() - began:.3f} s) {measured.detail}")
    if measured.verdict is not Verdict.SUCCESSFUL and answer.log:
        shop.log(job.name)(answer.log)
    return measured
