"""Functions as a target: observe, plan the candidate and the promotion, apply one function's steps."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tidegate.cloud.patience import Patience, Pause
from tidegate.cloud.ports import Cloud
from tidegate.errors import CloudError, Moved, NotFound
from tidegate.model.pipeline import FunctionSpec, Pipeline, expand
from tidegate.model.release import Artifact, Release
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version
from tidegate.targets.step import CANDIDATE, LIVE, FunctionStep, PointAlias, Publish, UpdateCode
from tidegate.targets.together import together

LATEST = "$LATEST"

SETTLE_SECONDS = 300.0
"""How long an update or a new version may take to become Active (AWS: up to minutes for large images)."""


async def observe(cloud: Cloud, pipeline: Pipeline, environment: str) -> dict[str, FunctionSnapshot]:
    """Observe all functions of an environment at once, keyed as in `tidegate.yaml`.

    Raises:
        NotFound: When a function that is not optional does not exist.
    """

    async def one(spec: FunctionSpec) -> FunctionSnapshot | None:
        name = expand(spec.name, environment)
        try:
            return await cloud.functions.observe(name, (LIVE, CANDIDATE))
        except NotFound as missing:
            if spec.optional:
                return None
            raise NotFound(
                f"function {name} does not exist",
                where=f"{environment}/{spec.key}",
                what_next="create it with Terraform, or on the embedded cloud with `tidegate cloud up`",
                code=missing.code,
            ) from missing

    found = await asyncio.gather(*(one(spec) for spec in pipeline.functions.values()))
    return {key: snapshot for key, snapshot in zip(pipeline.functions, found, strict=True) if snapshot}


def serves(version: Version | None, latest: Version, wanted: Artifact) -> bool:
    """Whether a version runs the wanted artifact with the configuration that the function has now."""
    return version is not None and version.digest == wanted.digest and version.configuration == latest.configuration


def plan_candidate(function: FunctionSnapshot, wanted: Artifact, image_uri: str) -> tuple[FunctionStep, ...]:
    """Steps that make `candidate` serve the wanted artifact; empty when it does."""
    if serves(function.at(CANDIDATE), function.latest, wanted):
        return ()
    live, latest, candidate = function.at(LIVE), function.latest, function.aliases.get(CANDIDATE)
    if live is not None and serves(live, latest, wanted):
        return (PointAlias(function.name, CANDIDATE, live.version, candidate),)
    # AWS: after an update that failed, the digest says what was asked for; only another update gets past it.
    update = latest.digest != wanted.digest or "Failed" in {latest.state, latest.update}
    return (
        *((UpdateCode(function.name, image_uri, wanted.digest, latest.revision),) if update else ()),
        Publish(function.name, wanted.digest),
        PointAlias(function.name, CANDIDATE, "", candidate),
    )


def plan_promotion(functions: Mapping[str, FunctionSnapshot]) -> tuple[PointAlias, ...]:
    """One pointer write for each function whose `live` is not yet at its candidate."""
    steps = []
    for function in functions.values():
        candidate = function.aliases.get(CANDIDATE)
        live = function.aliases.get(LIVE)
        if candidate and (live is None or live.version != candidate.version or live.weights):
            steps.append(PointAlias(function.name, LIVE, candidate.version, live))
    return tuple(steps)


async def fence(cloud: Cloud, functions: Mapping[str, FunctionSnapshot], note: str, patience: Patience) -> None:
    """Change the revision of every alias without moving it: a write that expects the old one then fails.

    Raises:
        Moved: When an alias moved since the snapshot.
    """

    async def one(function: str, pointer: Alias) -> None:
        async def look(lost: CloudError) -> Alias | None:
            found = await _alias(cloud, function, pointer.name)
            if found.revision == pointer.revision:
                return None
            if found.version != pointer.version or (found.weights and found.weights != pointer.weights):
                raise _stranger(lost, function, _where(pointer), _where(found)) from lost
            return found  # whoever changed it, the old revision is gone

        await patience.write(lambda: cloud.functions.point(function, pointer, pointer.version, note), look)

    await together(
        one(function.name, pointer) for function in functions.values() for pointer in function.aliases.values()
    )


def behind(functions: Mapping[str, FunctionSnapshot], pipeline: Pipeline, release: Release) -> str:
    """Why functions do not serve a release, or empty when all of them do."""
    for key, function in functions.items():
        wanted = release.images.get(pipeline.functions[key].image)
        if wanted is None:
            continue
        live = function.at(LIVE)
        if live is None or live.digest != wanted.digest:
            return f"{function.name} does not serve {release.id}"
        if live.configuration != function.latest.configuration:
            return f"{function.name}'s configuration changed"
        if function.aliases[LIVE].weights:
            return f"{function.name} serves {release.id} to a part of its requests only"
    return ""


@dataclass(frozen=True, slots=True)
class Applier:
    """Applies the steps of functions.

    Attributes:
        cloud: Where.
        note: Written to descriptions, so that a later observation can tell our write from a stranger's.
        journal: Called with a step before its effect and awaited; its result is called with the outcome after.
        patience: How often a write is asked for that did not happen, and how what settles is waited for.
    """

    cloud: Cloud
    note: str
    journal: Callable[[FunctionStep], Callable[[str], None]]
    patience: Patience

    async def apply(self, steps: tuple[FunctionStep, ...]) -> str:
        """Apply one function's steps in order; returns the version that the last one points to or published."""
        version = ""
        for step in steps:
            done = self.journal(step)
            match step:
                case UpdateCode():
                    await self._update(step)
                case Publish():
                    version = await self._publish(step)
                case PointAlias():
                    version = step.version or version
                    await self._point(step, version)
            done(version)
        return version

    async def _update(self, step: UpdateCode) -> None:
        found = await self.cloud.functions.version(step.function, LATEST)
        revision = step.revision
        if found.revision == revision and not found.settled:
            # An update of before is still under way: until its end Lambda refuses another, and its end is a revision.
            revision = (await ended(self.cloud, step.function, LATEST, self.patience.pause)).revision

        async def look(lost: CloudError) -> Version | None:
            found = await self.cloud.functions.version(step.function, LATEST)
            if found.revision == revision:
                return None
            if found.digest != step.digest:
                raise _stranger(lost, step.function, f"$LATEST at {revision}", found.digest) from lost
            return found

        await self.patience.write(
            lambda: self.cloud.functions.update_code(step.function, step.image_uri, revision), look
        )

    async def _publish(self, step: Publish) -> str:
        latest = await self._holding(step)
        revision = latest.revision

        async def look(lost: CloudError) -> Version | None:
            # AWS API: PublishVersion makes no second version of what did not change since the last one, so that asking
            # again is the way to hear of a version that was published.
            nonlocal revision
            again = await self._holding(step)
            if again.configuration != latest.configuration:
                raise _stranger(lost, step.function, "$LATEST as it was", "another configuration") from lost
            revision = again.revision
            return None

        published = await self.patience.write(
            lambda: self.cloud.functions.publish(step.function, step.digest, revision, self.note), look
        )
        await settled(self.cloud, step.function, published.version, self.patience.pause)
        return published.version

    async def _holding(self, step: Publish) -> Version:
        """`$LATEST`, settled; it must hold what is to be published."""
        latest = await settled(self.cloud, step.function, LATEST, self.patience.pause)
        if latest.digest != step.digest:
            raise Moved(
                f"$LATEST holds {latest.digest[:19]}, expected {step.digest[:19]}: somebody else deployed",
                where=step.function,
                what_next="let the other deployment end, then `tidegate resume`",
            )
        return latest

    async def _point(self, step: PointAlias, version: str) -> None:
        """Point an alias; a lost answer is told from a stranger's write by observing again."""
        pointer = step.expected or await _alias(self.cloud, step.function, step.alias)
        if pointer.version == version and not pointer.weights:
            return

        async def look(lost: CloudError) -> Alias | None:
            found = await _alias(self.cloud, step.function, step.alias)
            if found.version == version and not found.weights:
                return found
            if found.revision == pointer.revision:
                return None
            raise _stranger(lost, step.function, _where(pointer), _where(found)) from lost

        await self.patience.write(lambda: self.cloud.functions.point(step.function, pointer, version, self.note), look)


async def _alias(cloud: Cloud, function: str, alias: str) -> Alias:
    observed = await cloud.functions.observe(function, (alias,))
    if alias not in observed.aliases:
        raise NotFound(
            f"alias {alias} does not exist",
            where=function,
            what_next="create it with Terraform, or on the embedded cloud with `tidegate cloud up`",
        )
    return observed.aliases[alias]


async def settled(cloud: Cloud, function: str, qualifier: str, pause: Pause) -> Version:
    """Wait until a version is Active and no update of it is under way.

    Raises:
        CloudError: When it failed to become so, or takes longer than `SETTLE_SECONDS`.
    """
    version = await ended(cloud, function, qualifier, pause)
    if not version.settled:
        raise CloudError(f"{qualifier} failed: {version.reason}", where=function)
    return version


async def ended(cloud: Cloud, function: str, qualifier: str, pause: Pause) -> Version:
    """A version once it is settled, or has failed to."""
    waited, delay = 0.0, 0.02
    while True:
        version = await cloud.functions.version(function, qualifier)
        if version.settled or "Failed" in {version.state, version.update}:
            return version
        if waited >= SETTLE_SECONDS:
            still = version.update if version.state == "Active" else version.state
            raise CloudError(f"{qualifier} is still {still} after {waited:.0f} s", where=function)
        await pause(delay)
        waited, delay = waited + delay, min(delay * 1.5, 5.0)


def _where(pointer: Alias) -> str:
    shares = "".join(f" and {share:.0%} at {version}" for version, share in pointer.weights.items())
    return f"{pointer.name} at {pointer.version}{shares}"


def _stranger(lost: CloudError, function: str, expected: str, found: str) -> Moved:
    return Moved(
        f"somebody else moved it: expected {expected}, found {found}; nothing more was changed",
        where=function,
        what_next="find out who deploys here besides Tidegate, then `tidegate resume`",
        code=lost.code,
    )
