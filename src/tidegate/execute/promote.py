"""Jobs `promote-<env>`: all live aliases move to the tested versions, or those that moved go back."""

import asyncio
from collections.abc import Mapping, Sequence

from tidegate.errors import Failure, Moved
from tidegate.execute.candidate import CANDIDATES, same_site, same_versions
from tidegate.execute.pointers import announce, applier, observe
from tidegate.execute.strangers import split, strangers
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Duty, Job, JobReport, Phase
from tidegate.model.snapshot import FunctionSnapshot, Snapshot
from tidegate.targets.functions import plan_promotion, serves
from tidegate.targets.step import CANDIDATE, LIVE, PointAlias
from tidegate.targets.together import together


async def promote(shop: Workshop, job: Job) -> JobReport:
    """Move the live alias of every function to what its candidate points to."""
    tested = _tested(shop, job.environment)
    same_site(shop, await observe(shop, job.environment))
    moved = await promote_functions(shop, job, tested)
    return JobReport(Phase.SUCCEEDED, f"{len(moved)} aliases moved", {"versions": moved})


def _tested(shop: Workshop, environment: str) -> Mapping[str, object]:
    """Function key → the candidate's version, as the environment's deployment found it good."""
    deployed = (job.name for job in shop.plan.jobs if (job.duty, job.environment) == (Duty.DEPLOY, environment))
    known = shop.ledger.run(shop.run).jobs
    found = (known[name].outcome.get(CANDIDATES) for name in deployed if name in known)
    return next((versions for versions in found if isinstance(versions, dict)), {})


async def promote_functions(shop: Workshop, job: Job, tested: Mapping[str, object]) -> dict[str, str]:
    """Flip all aliases at once; on a failure those that flipped go back. Returns function → version.

    `tested` is what the candidates must be, as far as it is known: function key → version.
    """
    snapshot = await observe(shop, job.environment)
    not_moved(shop, snapshot)
    for key, function in snapshot.functions.items():
        _still_tested(shop, key, function)
    same_versions(snapshot, tested)
    steps = plan_promotion(snapshot.functions)
    before = {f.name: f.aliases[LIVE].version for f in snapshot.functions.values() if LIVE in f.aliases}
    apply = applier(shop, job.environment, job.name)
    announce(shop, job.environment, job.name, steps)
    results = await asyncio.gather(*(apply.apply((step,)) for step in steps), return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if not failures:
        return {step.function: step.version for step in steps}
    flipped = [step for step, result in zip(steps, results, strict=True) if not isinstance(result, BaseException)]
    back = _back(await observe(shop, job.environment), flipped, before)
    await together(apply.apply((step,)) for step in back)
    first = failures[0]
    if isinstance(first, Failure):
        first.what_next = f"{len(back)} aliases that had moved went back. {first.what_next}"
    raise first


def _back(snapshot: Snapshot, flipped: Sequence[PointAlias], before: Mapping[str, str]) -> list[PointAlias]:
    """Steps that undo those that flipped; none for an alias that somebody else moved on since."""
    now = {function.name: function.aliases.get(LIVE) for function in snapshot.functions.values()}
    return [
        PointAlias(step.function, LIVE, before[step.function], pointer)
        for step in flipped
        if (pointer := now.get(step.function)) and pointer.version == step.version
    ]


def not_moved(shop: Workshop, snapshot: Snapshot) -> None:
    """What a person moved since the way back was recorded is not promoted over.

    Raises:
        Moved: With what was expected and what was found.
    """
    way_back = shop.ledger.environment(snapshot.environment).way_back
    if way_back is None:
        return
    found = strangers(snapshot, way_back.pointers, shop.release(), shop.pipeline)
    told = "; ".join(map(str, found.values())) or split(snapshot)
    if told:
        raise Moved(
            f"somebody else moved {told}; nothing more was changed",
            where=snapshot.environment,
            what_next="find out who deploys here besides Tidegate, then `tidegate run` again",
        )


def _still_tested(shop: Workshop, key: str, function: FunctionSnapshot) -> None:
    """What was tested is what goes live: the candidate must still be the release's artifact."""
    wanted = shop.release().images[shop.pipeline.functions[key].image]
    if not serves(function.at(CANDIDATE), function.latest, wanted):
        candidate = function.at(CANDIDATE)
        found = candidate.digest[:19] if candidate else "nothing"
        raise Moved(
            f"candidate is not what was tested: expected {wanted.digest[:19]}, found {found}",
            where=function.name,
            what_next="find out who deploys here besides Tidegate, then `tidegate run` again",
        )
