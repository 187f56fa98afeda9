"""Jobs `deploy-<env>`: make every function's candidate serve the release, and smoke-test it."""

from dataclasses import replace

from tidegate.execute.candidate import CANDIDATES, versions
from tidegate.execute.gate import conclude
from tidegate.execute.pointers import announce, applier, observe
from tidegate.execute.promote import promote_functions
from tidegate.execute.rehearsal import own_database
from tidegate.execute.smoke import Trial, smoke
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport
from tidegate.model.snapshot import FunctionSnapshot
from tidegate.targets.functions import plan_candidate
from tidegate.targets.step import CANDIDATE, FunctionStep
from tidegate.targets.together import together


async def deploy(shop: Workshop, job: Job) -> JobReport:
    """Bring the release's images to the candidate pointers of all functions at once, then smoke-test them.

    With order `backend-first` the live pointers follow at once, as in the reference.
    """
    await own_database(shop, job.environment)
    snapshot = await observe(shop, job.environment)
    release = shop.release()
    registry = await shop.cloud.images.access()
    apply = applier(shop, job.environment, job.name)

    def planned(key: str, function: FunctionSnapshot) -> tuple[FunctionStep, ...]:
        artifact = release.images[shop.pipeline.functions[key].image]
        uri = f"{registry.host}/{artifact.location}@{artifact.digest}"
        return plan_candidate(function, artifact, uri)

    plans = [planned(key, function) for key, function in snapshot.functions.items()]
    announce(shop, job.environment, job.name, (step for plan in plans for step in plan))
    await together(apply.apply(plan) for plan in plans)
    candidates = versions(await observe(shop, job.environment))
    asked = dict.fromkeys(snapshot.functions, CANDIDATE)
    report = conclude(job.name, await smoke(shop, Trial(job.name, job.environment, shop.edition(), release), asked))
    if job.promotes:
        await promote_functions(shop, job, candidates)
    return replace(report, outcome={**report.outcome, CANDIDATES: candidates})
