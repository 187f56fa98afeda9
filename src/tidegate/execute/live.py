"""The check after a promotion: what users ask, asked at the live pointers."""

from collections.abc import Collection
from dataclasses import replace

from tidegate.errors import GateFailed
from tidegate.execute.smoke import Trial, smoke
from tidegate.execute.workshop import Workshop
from tidegate.gates.judge import judge
from tidegate.model.pipeline import FunctionSpec
from tidegate.model.verdict import Verdict
from tidegate.targets.step import LIVE


async def check_live(shop: Workshop, environment: str, functions: Collection[str]) -> None:
    """Ask the live pointers of functions, by key, the smoke tests that only read: those over HTTP.

    The others would put work into live queues and tables; they were asked of the same version as candidate.

    Raises:
        GateFailed: When one does not answer as it must.
    """
    edition = shop.edition()
    reading = {key: _reading(spec) for key, spec in edition.pipeline.functions.items() if key in functions}
    asked = {key: spec for key, spec in reading.items() if spec.smoke}
    if not asked:
        return
    pipeline = replace(edition.pipeline, functions=asked)
    trial = Trial(f"live-{environment}", environment, replace(edition, pipeline=pipeline), shop.release())
    measurements = await smoke(shop, trial, dict.fromkeys(asked, LIVE))
    if judge(measurements) is not Verdict.SUCCESSFUL:
        bad = next(m for m in measurements if m.verdict is not Verdict.SUCCESSFUL)
        raise GateFailed(
            f"after its promotion, {bad.name}: {bad.detail}",
            where=environment,
            what_next=f"`tidegate logs --job live-{environment}` shows all of it",
        )


def _reading(spec: FunctionSpec) -> FunctionSpec:
    return replace(spec, smoke=tuple(test for test in spec.smoke if test.get is not None))
