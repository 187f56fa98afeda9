"""What a service of the embedded cloud is, and what the cloud offers to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "ap-southeast-1"

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What one embedded cloud is started with.

    Attributes:
        root: Folder for blobs, unpacked images and logs of workers; created when missing.
        port: Control plane port on 127.0.0.1; 0 takes a free one.
        account: The twelve-digit AWS account that every resource belongs to.
        region: The region that ARNs name.
        registry_port: Port of the Docker Registry v2 endpoint; 0 takes a free one.
    """

    root: Path
    port: int = 0
    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    registry_port: int = 0


class Service(Protocol):
    """One AWS service. It answers the control-plane requests that are signed for one of its scopes."""

    @property
    def scopes(self) -> frozenset[str]:
        """SigV4 signing names, such as `{"lambda"}`."""

    async def start(self) -> None:
        """Open listeners and begin background work. Called once, with the control plane's port bound."""

    async def handle(self, request: Request) -> Response:
        """Answer one control-plane request; an unknown operation gets a clear "not emulated" error."""

    async def stop(self) -> None:
        """End background work and child processes. Called once; must not raise for a service never started."""


class Host(Protocol):
    """What the cloud offers to its services."""

    @property
    def settings(self) -> Settings:
        """What the cloud was started with."""

    @property
    def endpoint(self) -> str:
        """The control plane's URL, such as `http://127.0.0.1:4566`."""

    async def listen(self, app: ASGIApp, port: int = 0) -> int:
        """Serve `app` on another port of 127.0.0.1 until the cloud stops; returns the port.

        Raises:
            OSError: When the port is taken.
        """
