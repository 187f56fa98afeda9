"""API Gateway as a service of the embedded cloud."""

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.apigateway.api import ControlApi
from tidegate.localcloud.apigateway.errors import GatewayError
from tidegate.localcloud.apigateway.front import Front
from tidegate.localcloud.apigateway.operations import GatewayOperations
from tidegate.localcloud.apigateway.resources import Api
from tidegate.localcloud.apigateway.state import GatewayState
from tidegate.localcloud.awslambda.service import LambdaService
from tidegate.localcloud.service import Host
from tidegate.localcloud.telemetry import Telemetry


class ApiGatewayService:
    """HTTP APIs of one account and region; each has a listener of its own.

    Args:
        functions: What integrations invoke.
        telemetry: Where metrics go.
    """

    def __init__(self, host: Host, functions: LambdaService, telemetry: Telemetry) -> None:
        self._host = host
        self._functions = functions
        self._telemetry = telemetry
        self._state = GatewayState()
        self._api = ControlApi(GatewayOperations(self._state, self._listen))

    @property
    def scopes(self) -> frozenset[str]:
        """API Gateway's signing name."""
        return frozenset({"apigateway"})

    async def start(self) -> None:
        """Nothing to open: listeners come with their APIs."""

    async def stop(self) -> None:
        """Nothing to close: the host ends the listeners."""

    async def handle(self, request: Request) -> Response:
        """Answer one control-plane request."""
        return await self._api.answer(request)

    async def _listen(self, api_id: str) -> str:
        settings = self._host.settings
        front = Front(lambda: self._find(api_id), self._functions, self._telemetry, settings.account, settings.region)
        return f"http://127.0.0.1:{await self._host.listen(front.app)}"

    def _find(self, api_id: str) -> Api | None:
        try:
            return self._state.api(api_id)
        except GatewayError:
            return None
