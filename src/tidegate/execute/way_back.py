"""The way back, proven: before anything changes, what an environment would return to is woken and smoke-tested."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.errors import CloudError, GateFailed
from tidegate.execute.smoke import Trial, smoke
from tidegate.execute.workshop import Workshop
from tidegate.gates.judge import judge
from tidegate.model.pipeline import expand
from tidegate.model.verdict import Measurement, Verdict
from tidegate.targets.functions import settled
from tidegate.targets.together import together


@dataclass(frozen=True, slots=True)
class WayBackTo:
    """What an environment would return to.

    Attributes:
        job: Whose log it is told in.
        environment: Where.
        release: Id of the release that the versions belong to; empty before a first deployment, when the placeholder is
            what there is to return to.
        versions: Function key → version.
        otherwise: What a person can do when it is not proven.
    """

    job: str
    environment: str
    release: str
    versions: Mapping[str, str]
    otherwise: str


async def prove_way_back(shop: Workshop, way: WayBackTo) -> None:
    """See that the images are still in the registry, and smoke-test the versions with the tests of their own commit.

    Raises:
        GateFailed: When an image is gone, or a version does not answer as it must: then there would be no way back.
    """
    if not way.release or not way.versions:
        return
    trial = trial_of(shop, way.job, way.environment, way.release)
    if gone := await _gone(shop, trial, way.versions):
        raise GateFailed(
            f"the way back to {way.release} is not proven: {gone} is gone from the registry",
            where=way.environment,
            what_next=f"nothing was changed; push the image again by this digest, or {way.otherwise}",
        )
    measurements = await smoke_versions(shop, trial, way.versions)
    if judge(measurements) is not Verdict.SUCCESSFUL:
        bad = next((m for m in measurements if m.verdict is not Verdict.SUCCESSFUL), None)
        what = f"{bad.name}: {bad.detail}" if bad else "nothing of it could be measured"
        raise GateFailed(
            f"the way back to {way.release} is not proven: {what}",
            where=way.environment,
            what_next=f"nothing was changed; mend by hand what does not answer and try again, or {way.otherwise}",
        )


async def prove_site(shop: Workshop, environment: str, bundle: str, otherwise: str) -> None:
    """See that the bundle that users reach is still there whole.

    Raises:
        GateFailed: When it is not: a pointer could not move back to it.
    """
    if not await shop.site(environment).has(bundle):
        raise GateFailed(
            f"the way back of the site is not proven: the bundle {bundle[:19]} is not there whole",
            where=environment,
            what_next=f"nothing was changed; bring its files back to the bucket, or {otherwise}",
        )


def trial_of(shop: Workshop, job: str, environment: str, release: str) -> Trial:
    """A release put to the test with the smoke tests of its own commit.

    Raises:
        ConfigError: When that commit's pipeline is wrong.
        SourceError: When the repository does not have the commit.
    """
    was = shop.ledger.release(release)
    return Trial(job, environment, shop.edition(was.commit), was)


async def smoke_versions(shop: Workshop, trial: Trial, versions: Mapping[str, str]) -> list[Measurement]:
    """Wake versions, by function key, and ask each what its smoke tests say that it must answer."""
    known = _known(trial, versions)
    for key, version in known.items():
        await _wake(shop, trial.job, expand(trial.edition.pipeline.functions[key].name, trial.environment), version)
    return await smoke(shop, trial, known)


def _known(trial: Trial, versions: Mapping[str, str]) -> dict[str, str]:
    """Versions of those functions that the release's own commit declares."""
    return {key: version for key, version in versions.items() if key in trial.edition.pipeline.functions}


async def _gone(shop: Workshop, trial: Trial, versions: Mapping[str, str]) -> str:
    """The first image of the versions that the registry does not hold any more; empty when it holds all of them.

    Lambda itself goes on with its own copy for a while, and refuses a version whose image is gone once that was idle.
    """
    names = dict.fromkeys(trial.edition.pipeline.functions[key].image for key in _known(trial, versions))
    images = [trial.release.images[name] for name in names if name in trial.release.images]
    there = await together(shop.cloud.images.exists(image.location, image.digest) for image in images)
    missing = (image for image, found in zip(images, there, strict=True) if not found)
    return next((f"image {image.location}@{image.digest}" for image in missing), "")


async def _wake(shop: Workshop, job: str, function: str, version: str) -> None:
    """Wake an idle version: its first invocation is refused while it gets ready.

    Source: AWS Lambda developer guide, "Lambda function states": Inactive.
    """
    if (await shop.cloud.functions.version(function, version)).state != "Inactive":
        return
    try:
        await shop.cloud.functions.invoke(function, version, {})
    except CloudError:
        shop.log(job)(f"{function}:{version} was idle and is woken")
    await settled(shop.cloud, function, version, shop.pause)
