"""The rehearsal: the release that is live passes its smoke tests on the expanded schema, before the real one changes.

A scratch database beside the environment's own has the environment's schema with what is pending applied. Of each
function that uses the database, a version of the live image is published that finds the scratch database under
AURORA_DATABASE. It is asked by its number: no alias ever points to it. The scratch database is made first and dropped
last, so that as long as anything is left of a rehearsal, it is there to tell.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence

from tidegate.errors import CloudError, Failure, GateFailed, NotFound
from tidegate.execute.database import Outline, Place
from tidegate.execute.pointers import live_versions
from tidegate.execute.smoke import Trial
from tidegate.execute.way_back import smoke_versions, trial_of
from tidegate.execute.workshop import Workshop
from tidegate.gates.judge import judge
from tidegate.model.database import DATABASE_VARIABLE
from tidegate.model.job import Job
from tidegate.model.pipeline import expand
from tidegate.model.snapshot import Snapshot, Version
from tidegate.model.verdict import Measurement, Verdict
from tidegate.targets import functions
from tidegate.targets.functions import LATEST
from tidegate.targets.step import LIVE, FunctionStep, Publish, UpdateCode, told
from tidegate.targets.together import together

SCRATCH = "tidegate_rehearsal_"
"""Scratch databases of rehearsals begin so; the run's number follows."""
NOTE = "tidegate rehearsal"
"""Descriptions of the versions that are published for one begin so."""
POINTED_TO = "ResourceConflictException"
"""AWS API: DeleteFunction, of a version that an alias points to."""
LOOKS = 2
"""How often `$LATEST` is looked at: a single look may be stale."""
STEP = "rehearse"
"""The step of a rehearsal begins so; it is done once nothing is left of it."""


async def rehearse(shop: Workshop, job: Job, place: Place, outline: Outline) -> list[Measurement]:
    """Smoke-test what is live on a scratch copy of the expanded schema; says where there is nothing to rehearse.

    Raises:
        Failure: When the rehearsal cannot be made; what it had made is removed.
    """
    view = shop.ledger.environment(job.environment)
    if why := _nothing_to_rehearse(view.live, view.way_back.unproven if view.way_back else ""):
        return [_said(shop, job, why)]
    trial = trial_of(shop, job.name, job.environment, view.live)
    found = await functions.observe(shop.cloud, shop.pipeline, job.environment)
    snapshot = Snapshot(job.environment, found)
    declared = trial.edition.pipeline.functions
    using = {
        key: version for key, version in live_versions(snapshot).items() if key in declared and declared[key].database
    }
    if not using:
        return [_said(shop, job, f"no function of {view.live} uses the database")]
    assert shop.databases
    scratch = f"{SCRATCH}{shop.run}"
    with shop.step(job.environment, job.name, f"{STEP} {view.live} on {scratch}"):
        try:
            await shop.databases.create_scratch(place, scratch, outline, shop.log(job.name))
            numbers = await _published(shop, trial, snapshot, using, scratch)
            measurements = await smoke_versions(shop, trial, numbers)
        except BaseException:
            with contextlib.suppress(Failure):  # what failed first is told; whoever puts back sweeps again
                await sweep(shop, place.environment, job.name)
            raise
        await sweep(shop, place.environment, job.name)
    if judge(measurements) is not Verdict.SUCCESSFUL:
        raise _unfit(job, view.live, measurements)
    return measurements


def _unfit(job: Job, live: str, measurements: Sequence[Measurement]) -> GateFailed:
    bad = next((m for m in measurements if m.verdict is not Verdict.SUCCESSFUL), None)
    what = f"{bad.name}: {bad.detail}" if bad else "nothing of it could be measured"
    return GateFailed(
        f"{live}, which is live, does not pass its smoke tests on the expanded schema: {what}",
        where=job.environment,
        what_next="nothing was changed; let expand migrations only add, and leave what takes away to contract ones",
    )


def _nothing_to_rehearse(live: str, unproven: str) -> str:
    if not live:
        return "nothing is live yet that could need the schema as it was"
    return f"what is live is not known to work: {unproven}" if unproven else ""


def _said(shop: Workshop, job: Job, why: str) -> Measurement:
    shop.log(job.name)(f"no rehearsal: {why}")
    return Measurement("rehearsal", Verdict.SUCCESSFUL, f"not needed: {why}")


async def _published(
    shop: Workshop, trial: Trial, snapshot: Snapshot, using: Mapping[str, str], scratch: str
) -> dict[str, str]:
    """Publish what is live anew with the scratch database; returns function key → version."""

    async def one(key: str) -> tuple[str, str]:
        function = snapshot.functions[key]
        live = function.at(LIVE)
        assert live
        image = trial.release.images[trial.edition.pipeline.functions[key].image]
        registry = await shop.cloud.images.access()
        uri = f"{registry.host}/{image.location}@{live.digest}"
        return key, await _publish(shop, trial, function.name, live, uri, scratch)

    return dict(await together(one(key) for key in using))


async def _publish(shop: Workshop, trial: Trial, name: str, live: Version, uri: str, scratch: str) -> str:
    before, variables = await shop.cloud.functions.configured(name, LATEST)
    await _use(shop, name, scratch)
    try:
        latest = await functions.ended(shop.cloud, name, LATEST, shop.pause)
        steps: list[FunctionStep] = [Publish(name, live.digest)]
        # As for a candidate: behind an update that failed, the digest says what was asked for.
        if latest.digest != live.digest or "Failed" in {before.state, before.update}:
            steps.insert(0, UpdateCode(name, uri, live.digest, latest.revision))
        log = shop.log(trial.job)

        def journal(step: FunctionStep) -> Callable[[str], None]:
            log(f"rehearsal: {told(step)}")
            return lambda _: None

        applier = functions.Applier(shop.cloud, f"{NOTE} of run {shop.run}", journal, shop.patience)
        return await applier.apply(tuple(steps))
    finally:
        await _use(shop, name, variables.get(DATABASE_VARIABLE))


async def _use(shop: Workshop, name: str, database: str | None) -> None:
    """Let `$LATEST` find a database, or none, under its variable; all others stay as whoever set them left them."""
    port = shop.cloud.functions

    async def write() -> Version:
        await functions.ended(shop.cloud, name, LATEST, shop.pause)
        latest, variables = await port.configured(name, LATEST)
        others = {key: value for key, value in variables.items() if key != DATABASE_VARIABLE}
        given = {} if database is None else {DATABASE_VARIABLE: database}
        return await port.set_variables(name, {**others, **given}, latest.revision)

    async def look(_: object) -> Version | None:
        latest, variables = await port.configured(name, LATEST)
        return latest if variables.get(DATABASE_VARIABLE) == database else None

    await shop.patience.write(write, look)
    await functions.ended(shop.cloud, name, LATEST, shop.pause)


async def sweep(shop: Workshop, environment: str, job: str) -> None:
    """Remove what is left of a rehearsal, this run's or one that was killed; nothing where no scratch database is."""
    assert shop.pipeline.database
    assert shop.databases
    place = Place(environment, shop.pipeline.database, shop.source)
    scratches = await shop.databases.scratches(place, SCRATCH)
    if not scratches:
        return
    shop.log(job)(f"removes what rehearsals made: {', '.join(scratches)}")
    await together(_clean(shop, name, job) for name in _names(shop, environment))
    for name in scratches:
        await shop.databases.drop_scratch(place, name)


async def sweep_after(shop: Workshop, environment: str, run: str, job: str) -> None:
    """As `sweep`, where a run that ended or was killed may have left something; asks nobody where it did not."""
    jobs = shop.ledger.run(run).jobs.values()
    steps = [step for one in jobs if one.environment == environment for step in one.steps]
    left = any(step.name.startswith(STEP) and step.done is None for step in steps)
    if left and shop.databases is not None:
        await sweep(shop, environment, job)


async def own_database(shop: Workshop, environment: str) -> None:
    """See that no candidate is published with the database of a rehearsal that was killed."""
    if shop.pipeline.database is not None:
        await together(_restore(shop, name) for name in _names(shop, environment))


def _names(shop: Workshop, environment: str) -> list[str]:
    return [expand(spec.name, environment) for spec in shop.pipeline.functions.values()]


async def _clean(shop: Workshop, name: str, job: str) -> None:
    """Give `$LATEST` its database back, and remove the versions that were published for rehearsals."""
    if not await _restore(shop, name):
        return
    for version, description in (await shop.cloud.functions.published(name)).items():
        if description.startswith(NOTE):
            try:
                await shop.cloud.functions.discard(name, version)
            except CloudError as refused:
                if refused.code != POINTED_TO:
                    raise
                shop.log(job)(f"{name}:{version} stays: somebody pointed an alias to it ({refused.what})")


async def _restore(shop: Workshop, name: str) -> bool:
    """Give `$LATEST` back the database that users' version has; False where there is no such function."""
    port = shop.cloud.functions
    for _ in range(LOOKS):
        try:
            _, variables = await port.configured(name, LATEST)
        except NotFound:  # an optional one
            return False
        if variables.get(DATABASE_VARIABLE, "").startswith(SCRATCH):
            pointer = (await port.observe(name, (LIVE,))).aliases.get(LIVE)
            was = (await port.configured(name, pointer.version))[1] if pointer else {}
            await _use(shop, name, was.get(DATABASE_VARIABLE))
    return True
