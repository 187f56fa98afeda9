"""RDS as a service of the embedded cloud."""

import time

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.rds.api import RdsApi
from tidegate.localcloud.rds.state import RdsState
from tidegate.localcloud.rds.works import Works
from tidegate.localcloud.service import Host


class RdsService:
    """Amazon RDS of one account and region: Aurora clusters.

    A cluster answers as soon as it is available, with or without an instance, on a port of its own whatever port was
    asked for, and as the version that is installed.
    """

    def __init__(self, host: Host) -> None:
        settings = host.settings
        state = RdsState(settings.account, settings.region)
        self._works = Works(state, settings.root / "rds")
        self._api = RdsApi(state, self._works, time.time)

    @property
    def scopes(self) -> frozenset[str]:
        """RDS's signing name."""
        return frozenset({"rds"})

    async def start(self) -> None:
        """Nothing to open: the first server starts with the first cluster."""

    async def handle(self, request: Request) -> Response:
        """Answer one control-plane request."""
        return await self._api.handle(request)

    async def stop(self) -> None:
        """End every server."""
        await self._works.stop()
