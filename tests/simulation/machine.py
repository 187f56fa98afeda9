"""The machine of a simulated process: builds by number, and gates that look at what TEST really serves."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulation.faults import Kind
from tests.simulation.product import Flaw, bundle, image_digest, number_of, page, site_digest
from tidegate.errors import BuildError
from tidegate.execute.machine import Command, ImageOrder, Log, Shard
from tidegate.gates.command import TestReport
from tidegate.model.pipeline import SiteSpec
from tidegate.model.release import Artifact
from tidegate.process import Ended
from tidegate.targets.site import SiteBundle
from tidegate.targets.site_pointer import prefix_of

if TYPE_CHECKING:
    from tests.simulation.process import Process

GOOD = Ended(0, ())
BAD = Ended(1, ("it failed",))
ONE_TEST = TestReport(1, 0, ())
NO_TEST = TestReport(0, 0, ())


def _quiet(line: str) -> None:
    """Logs are for people; none is here."""


class SimulatedMachine:
    """Implements `machine.Machine`."""

    def __init__(self, process: "Process") -> None:
        self._process = process
        self._world = process.world

    def log(self, run: str, job: str) -> Log:
        return _quiet

    async def python(self, source: Path, requirements: Sequence[str], log: Log) -> Mapping[str, str]:
        return {}

    async def command(self, command: Command, log: Log) -> Ended:
        commit = self._world.commit_of(self._process.run)
        flawed = Flaw.UNIT in commit.flaws
        return await self._process.call(Kind.MACHINE, "machine.command", lambda: BAD if flawed else GOOD)

    async def tests(self, command: Command, shard: Shard, log: Log) -> tuple[Ended, TestReport | None]:
        return await self._process.call(Kind.MACHINE, "machine.tests", self._tested(command.text, shard))

    async def images(self, order: ImageOrder, log: Log) -> list[Artifact]:
        commit = self._world.commits[order.commit]

        def build() -> list[Artifact]:
            if Flaw.BUILD in commit.flaws:
                raise BuildError("the image cannot be built", where="Dockerfile")
            digest = image_digest(commit.number)
            return [Artifact(spec.name, digest, commit.id, spec.repository) for spec in order.specs]

        return await self._process.call(Kind.MACHINE, "machine.images", build)

    async def site(self, spec: SiteSpec, source: Path, commit: str, log: Log) -> Artifact:
        built = self._world.commits[commit]

        def build() -> Artifact:
            if Flaw.SITE_BUILD in built.flaws:
                raise BuildError("the site cannot be built", where="web")
            digest = site_digest(built.number)
            return Artifact("site", digest, built.id, prefix_of(digest))

        return await self._process.call(Kind.MACHINE, "machine.site", build)

    def bundle(self, digest: str) -> SiteBundle | None:
        return bundle(digest)

    def page(self, digest: str) -> bytes | None:
        return page(number_of(digest))

    def _tested(self, text: str, shard: Shard) -> "Callable[[], tuple[Ended, TestReport | None]]":
        """Tests of the pair that TEST serves when they begin: its page, and the API that its runtime file names."""
        world = self._world
        environment = shard.url.removeprefix("https://test-").partition(".")[0]

        def test() -> tuple[Ended, TestReport | None]:
            site, api = world.pair(environment)
            if Flaw.EMPTY in world.commit_of(self._process.run).flaws and text == "e2e":
                return GOOD, NO_TEST
            if not site or _fails(world.by_number[site].flaws, world.by_number[api].flaws, site, api):
                return BAD, TestReport(1, 0, ("the page does not work",))
            world.tested(environment, site, api)
            return GOOD, ONE_TEST

        return test


def _fails(page_flaws: frozenset[Flaw], api_flaws: frozenset[Flaw], site: int, api: int) -> bool:
    if Flaw.PAGE in page_flaws or {Flaw.PAIR, Flaw.HEALTH, Flaw.CRASH} & api_flaws:
        return True
    return (Flaw.SKEW_API in api_flaws and site < api) or (Flaw.SKEW_PAGE in page_flaws and api < site)


def runtime_api(body: bytes) -> str:
    """Which alias of the API a runtime file names."""
    return "live" if json.loads(body)["apiUrl"] == "https://live" else "candidate"
