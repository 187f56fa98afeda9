"""Smoke tests: ask a version of every function what `tidegate.yaml` says it must answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.cloud.ports import Answer
from tidegate.execute.workshop import Edition, Workshop
from tidegate.gates.smoke import http_request, judge_answer
from tidegate.model.pipeline import FunctionSpec, SmokeTest, expand
from tidegate.model.release import Release
from tidegate.model.verdict import Measurement, Verdict
from tidegate.targets.together import together


@dataclass(frozen=True, slots=True)
class Trial:
    """What is put to the test.

    Attributes:
        job: Whose log it is told in.
        environment: Where.
        edition: Pipeline and files of the commit whose smoke tests are asked.
        release: What the answers must show.
    """

    job: str
    environment: str
    edition: Edition
    release: Release


async def smoke(shop: Workshop, trial: Trial, qualifiers: Mapping[str, str]) -> list[Measurement]:
    """Ask every function, side by side. `qualifiers` says, by key, which alias or version is asked."""

    async def one(key: str, qualifier: str) -> list[Measurement]:
        spec = trial.edition.pipeline.functions[key]
        if not spec.smoke:
            return [Measurement(key, Verdict.INCONCLUSIVE, "no smoke test is declared, so nothing is known")]
        return [await _ask(shop, trial, spec, test, qualifier) for test in spec.smoke]

    groups = await together(one(key, qualifier) for key, qualifier in qualifiers.items())
    return [measurement for group in groups for measurement in group]


async def _ask(shop: Workshop, trial: Trial, spec: FunctionSpec, test: SmokeTest, qualifier: str) -> Measurement:
    name, source = expand(spec.name, trial.environment), trial.edition.source
    if test.seed is not None:
        bucket = expand(trial.edition.pipeline.resources.buckets[test.seed.bucket], trial.environment)
        await shop.cloud.buckets.write(
            bucket,
            test.seed.key,
            source / test.seed.file,
            content_type="application/octet-stream",
            cache_control="no-store",
        )
    if test.get is not None:
        event: object = http_request(test.get)
    else:
        assert test.event
        event = json.loads(expand((source / test.event).read_text(encoding="utf-8"), trial.environment))
    began = shop.clock()

    async def ask() -> Answer:
        return await shop.cloud.functions.invoke(name, qualifier, event)

    # RFC 9110, "Safe Methods": a GET may be asked again. Of an event nobody knows what the handler has done with it.
    answer = await (ask() if test.get is None else shop.patience.read(ask))
    artifact = trial.release.images[spec.image]
    title = f"{spec.key} {test.name}"
    measured = judge_answer(title, test.expect, artifact, answer.payload, answer.error, qualifier)
    log = shop.log(trial.job)
    seconds = shop.clock() - began
    log(f"smoke {title} at {qualifier}: {measured.verdict} ({seconds:.3f} s) {measured.detail}")
    if measured.verdict is not Verdict.SUCCESSFUL and answer.log:
        log(answer.log)
    return measured
