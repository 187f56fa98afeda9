"""The event sources as a service of the embedded cloud: they have no requests of their own."""

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.awslambda.service import LambdaService
from tidegate.localcloud.emulated import MotoServices
from tidegate.localcloud.service import Host
from tidegate.localcloud.sources.queue_poller import QueuePoller
from tidegate.localcloud.sources.rule_runner import RuleRunner
from tidegate.localcloud.telemetry import Telemetry


class EventSources:
    """Queues and rules that invoke functions."""

    def __init__(self, host: Host, functions: LambdaService, moto: MotoServices, telemetry: Telemetry) -> None:
        account = host.settings.account
        self.queues = QueuePoller(functions, moto, account)
        self.rules = RuleRunner(functions, moto, telemetry, account)

    @property
    def scopes(self) -> frozenset[str]:
        """None: queues and rules are managed through SQS, EventBridge and Lambda."""
        return frozenset()

    async def start(self) -> None:
        """Begin to poll and to watch the clock."""
        await self.queues.start()
        await self.rules.start()

    async def handle(self, request: Request) -> Response:
        """Never called, for want of a scope."""
        return Response(status_code=404)

    async def stop(self) -> None:
        """End both."""
        await self.queues.stop()
        await self.rules.stop()
