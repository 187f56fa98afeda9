"""The embedded cloud itself: composes the services, owns every listener, routes by credential scope."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tidegate.localcloud.emulated import MotoServices
from tidegate.localcloud.routing import credential_scope
from tidegate.localcloud.service import Endpoint, Service, Settings


class EmbeddedCloud:
    """All services of one embedded cloud, in one event loop.

    Use as `async with EmbeddedCloud(settings).running() as cloud: …`. Services are looked up by signing name.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.services: list[Service] = []
        self._listeners: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
        self._unsigned: list[tuple[str, Endpoint]] = []
        self._port = 0
        self.moto = MotoServices(settings.region, settings.account)
        self.services.append(self.moto)

    @property
    def endpoint(self) -> str:
        """The control plane's URL."""
        return f"http://127.0.0.1:{self._port}"

    def add(self, *services: Service) -> None:
        """Compose further services; called before the cloud runs."""
        self.services.extend(services)

    def route_unsigned(self, prefix: str, endpoint: Endpoint) -> None:
        """Let requests without a signature whose path begins with `prefix` reach `endpoint`."""
        self._unsigned.append((prefix, endpoint))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["EmbeddedCloud"]:
        """Serve until the block ends; then every listener, worker and task of the cloud is gone."""
        self.settings.root.mkdir(parents=True, exist_ok=True)
        self._port = await self.listen(self._control_plane, self.settings.port)
        try:
            for service in self.services:
                await service.start()
            yield self
        finally:
            await self._stop()

    async def listen(self, app: ASGIApp, port: int = 0) -> int:
        """Serve `app` on 127.0.0.1 until the cloud stops; returns the port.

        Raises:
            OSError: When the port is taken.
        """
        sock = _bound(port)
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            interface="asgi3",
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([sock]))  # noqa: SLF001 - serve() would install signal handlers
        self._listeners.append((server, task))
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.001)
        return int(sock.getsockname()[1])

    async def _stop(self) -> None:
        for service in reversed(self.services):
            await service.stop()
        for server, _ in self._listeners:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._listeners), return_exceptions=True)
        self._listeners.clear()

    async def _control_plane(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        found = credential_scope(request.headers.get("authorization"), request.query_params.get("X-Amz-Credential"))
        if found is None:
            for prefix, endpoint in self._unsigned:
                if request.url.path.startswith(prefix):
                    return await endpoint(request)
            return _refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        request.state.scope = found
        for service in self.services:
            if found.service in service.scopes:
                return await service.handle(request)
        return _refusal(501, "NotEmulated", f"{found.service}: not emulated by the embedded cloud")


def _bound(port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only where the protocol is named; with it a second small write waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock


def _refusal(status: int, code: str, message: str) -> Response:
    return JSONResponse({"__type": code, "message": message}, status, headers={"x-amzn-errortype": code})
