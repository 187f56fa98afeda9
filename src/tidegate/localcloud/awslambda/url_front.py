"""The data plane of one function URL: its listener's requests are answered by the function.

Source: Lambda developer guide, "Invoking Lambda function URLs" and "Control access to Lambda function URLs".
"""

import json
import time
import uuid
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from tidegate.localcloud.awslambda import policies
from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.function import Function, FunctionUrl, UrlAuth
from tidegate.localcloud.awslambda.invoker import NAMESPACE, Event, Result
from tidegate.localcloud.awslambda.names import LATEST, FunctionName
from tidegate.localcloud.http_event import Context, HttpRequest, HttpResponse, event, read, understood, written
from tidegate.localcloud.routing import credential_scope
from tidegate.localcloud.telemetry import Telemetry

DEFAULT = "$default"
# Lambda developer guide, "Lambda quotas": the payload's size, in bytes.
PAYLOAD_LIMIT = 6 * 1024 * 1024
FORBIDDEN = HttpResponse(403, b'{"Message":"Forbidden"}', {"content-type": "application/json"})
TOO_LARGE = HttpResponse(413, b'{"Message":"Request Entity Too Large"}', {"content-type": "application/json"})
BUSY = HttpResponse(429, b'{"Message":"Rate Exceeded."}', {"content-type": "application/json"})
FAILED = HttpResponse(502, b"Internal Server Error", {"content-type": "text/plain"})


class UrlFront:
    """Answers requests for one URL.

    Args:
        name: The function, and the alias that the URL is of; None in its place is `$LATEST`.
        find: The function with the URL as they are now; None once one of them is deleted.
        invoke: Runs an event.
    """

    def __init__(
        self,
        name: FunctionName,
        find: Callable[[], tuple[Function, FunctionUrl] | None],
        invoke: Callable[[Event], Awaitable[Result]],
        telemetry: Telemetry,
        account: str,
    ) -> None:
        self._name = name
        self._find = find
        self._invoke = invoke
        self._telemetry = telemetry
        self._account = account

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the listener serves."""
        if scope["type"] != "http":
            return
        begun = time.perf_counter()
        try:
            request = await read(Request(scope, receive))
        except ClientDisconnect:
            return
        answer = await self._answer(request)
        await written(answer)(scope, receive, send)
        self._count(answer.status, (time.perf_counter() - begun) * 1000)

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        found = self._find()
        if found is None or not _may(*found, self._name.qualifier, request):
            return FORBIDDEN
        if len(request.body) > PAYLOAD_LIMIT:
            return TOO_LARGE
        context = Context(
            account=self._account,
            api_id=found[1].id,
            stage=DEFAULT,
            route_key=DEFAULT,
            request_id=str(uuid.uuid4()),
            moment=time.time(),
            parameters={},
            variables={},
        )
        payload = json.dumps(event(request, context)).encode()
        trace = dict(request.headers)["x-amzn-trace-id"]
        try:
            result = await self._invoke(Event(self._name, payload, trace_id=trace))
        except LambdaError as error:
            return BUSY if error.status == 429 else FAILED
        return FAILED if result.outcome.failed else understood(result.outcome.payload) or FAILED

    def _count(self, status: int, milliseconds: float) -> None:
        """Source: Lambda developer guide, "Monitoring Lambda function URLs"."""
        values = {
            ("UrlRequestCount", "Count"): 1.0,
            ("Url4xxCount", "Count"): float(400 <= status < 500),
            ("Url5xxCount", "Count"): float(status >= 500),
            ("UrlRequestLatency", "Milliseconds"): milliseconds,
        }
        function = ("FunctionName", self._name.name)
        resource = ("Resource", f"{self._name.name}:{self._name.qualifier or LATEST}")
        self._telemetry.count(NAMESPACE, values, [(function,), (function, resource)], time.time())


def _may(function: Function, url: FunctionUrl, qualifier: str | None, request: HttpRequest) -> bool:
    """Whether a request is let through. Who signs is of the account itself: signatures are not checked here."""
    match url.auth:
        case UrlAuth.IAM:
            return credential_scope(dict(request.headers).get("authorization")) is not None
        case UrlAuth.NONE:
            return policies.is_open(function, qualifier)
