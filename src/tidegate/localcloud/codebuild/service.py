"""CodeBuild as a service of the embedded cloud."""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.codebuild.api import CodeBuildApi
from tidegate.localcloud.codebuild.build import Build
from tidegate.localcloud.codebuild.runner import BuildRunner, Grounds
from tidegate.localcloud.codebuild.state import CodeBuildState
from tidegate.localcloud.codebuild.stored import Moto, Stored
from tidegate.localcloud.service import Host
from tidegate.localcloud.telemetry import Telemetry


class CodeBuildService:
    """AWS CodeBuild of one account and region.

    Args:
        moto: Where sources, secrets and parameters are.
        telemetry: Where logs go.
    """

    def __init__(self, host: Host, moto: Moto, telemetry: Telemetry) -> None:
        settings = host.settings
        self._host = host
        self._stored = Stored(moto, settings.account)
        self._telemetry = telemetry
        self._state = CodeBuildState(settings.account, settings.region)
        self._api = CodeBuildApi(self._state, self._begin, self._end, time.time)
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def scopes(self) -> frozenset[str]:
        """CodeBuild's signing name."""
        return frozenset({"codebuild"})

    async def start(self) -> None:
        """Nothing to open: builds begin when they are asked for."""

    async def handle(self, request: Request) -> Response:
        """Answer one control-plane request."""
        return await self._api.handle(request)

    async def stop(self) -> None:
        """End every build with all that it started."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, build: Build) -> None:
        settings = self._host.settings
        grounds = Grounds(
            state=self._state,
            stored=self._stored,
            telemetry=self._telemetry,
            folder=settings.root / "codebuild",
            endpoint=self._host.endpoint,
            region=settings.region,
            clock=time.time,
        )
        task = asyncio.create_task(BuildRunner(grounds, build).run(), name=f"build {build.id}")
        self._running[build.id] = task
        task.add_done_callback(lambda _: self._running.pop(build.id, None))

    def _end(self, build: Build) -> None:
        if task := self._running.get(build.id):
            task.cancel()
