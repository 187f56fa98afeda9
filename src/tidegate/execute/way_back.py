"""The way back, proven: what an environment would return to is woken and smoke-tested before anything changes."""

from collections.abc import Mapping

from tidegate.errors import CloudError, GateFailed
from tidegate.execute.smoke import Trial, smoke
from tidegate.execute.workshop import Workshop
from tidegate.gates.judge import judge
from tidegate.model.pipeline import expand
from tidegate.model.verdict import Verdict
from tidegate.targets.functions import settled


async def prove_way_back(shop: Workshop, environment: str, release: str, versions: Mapping[str, str], job: str) -> None:
    """Smoke-test, with the tests of their own commit, the versions that a release has in an environment.

    Args:
        shop: The run's workshop.
        environment: Where.
        release: Id of the release that the versions belong to; empty before a first deployment, when the placeholder is
            what there is to return to.
        versions: Function key → version.
        job: Whose log it is told in.

    Raises:
        GateFailed: When one of them does not answer as it must: then there would be no way back.
    """
    if not release or not versions:
        return
    was = shop.ledger.release(release)
    edition = shop.edition(was.commit)
    known = {key: version for key, version in versions.items() if key in edition.pipeline.functions}
    for key, version in known.items():
        await _wake(shop, expand(edition.pipeline.functions[key].name, environment), version)
    measurements = await smoke(shop, Trial(job, environment, edition, was), known)
    if judge(measurements) is not Verdict.SUCCESSFUL:
        bad = next((m for m in measurements if m.verdict is not Verdict.SUCCESSFUL), None)
        what = f"{bad.name}: {bad.detail}" if bad else "nothing of it could be measured"
        raise GateFailed(
            f"the way back to {release} is not proven: {what}",
            where=environment,
            what_next="nothing was changed; mend what is live by hand, or deploy it anew, then `tidegate resume`",
        )


async def prove_site(shop: Workshop, environment: str, bundle: str) -> None:
    """See that the bundle that users reach is still there whole.

    Raises:
        GateFailed: When it is not: a pointer could not move back to it.
    """
    if not await shop.site(environment).has(bundle):
        raise GateFailed(
            f"the way back of the site is not proven: the bundle {bundle[:19]} is not there whole",
            where=environment,
            what_next="nothing was changed; deploy what is live anew, then `tidegate resume`",
        )


async def _wake(shop: Workshop, function: str, version: str) -> None:
    """Wake an idle version: its first invocation is refused while it gets ready.

    Source: AWS Lambda developer guide, "Lambda function states": Inactive.
    """
    if (await shop.cloud.functions.version(function, version)).state != "Inactive":
        return
    try:
        await shop.cloud.functions.invoke(function, version, {})
    except CloudError:
        shop.log("way-back")(f"{function}:{version} was idle and is woken")
    await settled(shop.cloud, function, version, shop.pause)
