"""The data plane of one HTTP API: its listener's requests are answered by functions."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tidegate.localcloud.apigateway import cors
from tidegate.localcloud.apigateway.matching import Match, find_route, find_stage
from tidegate.localcloud.apigateway.resources import Api, Integration, Stage
from tidegate.localcloud.apigateway.targets import PRINCIPAL, function_of, source_arn
from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.invoker import Event
from tidegate.localcloud.awslambda.service import LambdaService
from tidegate.localcloud.http_event import Context, HttpRequest, HttpResponse, event, message, read, response, written
from tidegate.localcloud.telemetry import Telemetry

NAMESPACE = "AWS/ApiGateway"
# API Gateway developer guide, "Quotas for HTTP APIs": the payload's size, in bytes.
PAYLOAD_LIMIT = 10 * 1024 * 1024


class Front:
    """Answers requests for one API.

    Args:
        find: The API as it is now; None once it is deleted.
    """

    def __init__(
        self,
        find: Callable[[], Api | None],
        functions: LambdaService,
        telemetry: Telemetry,
        account: str,
        region: str,
    ) -> None:
        self._find = find
        self._functions = functions
        self._telemetry = telemetry
        self._account = account
        self._region = region

    @property
    def app(self) -> ASGIApp:
        """What the listener serves."""
        return self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun = time.perf_counter()
        try:
            request = await read(Request(scope, receive))
        except ClientDisconnect:
            return
        request_id = uuid.uuid4().hex[:16]
        api = self._find()
        if api is None or api.settings.endpoint_disabled:
            await _named(message(404, "Not Found"), request_id)(scope, receive, send)
            return
        stage, answer = await self._answer(api, request, request_id)
        await _named(answer, request_id)(scope, receive, send)
        self._count(api.id, stage, answer.status, (time.perf_counter() - begun) * 1000, len(answer.body))

    async def _answer(self, api: Api, request: HttpRequest, request_id: str) -> tuple[Stage | None, HttpResponse]:
        headers = dict(request.headers)
        rules, origin = api.settings.cors, headers.get("origin")
        found = find_stage(api.stages, request.path)
        stage = None if found is None else found[0]
        if rules is not None and cors.is_preflight(request.method, headers):
            asked = headers.get("access-control-request-headers", "")
            return stage, HttpResponse(204, headers=cors.preflight_headers(rules, headers["origin"], asked))
        if found is None or len(request.body) > PAYLOAD_LIMIT:
            refusal = message(404, "Not Found") if found is None else message(413, "Request Entity Too Large")
            return stage, refusal
        answer = await self._route(api, found[0], found[1], request, request_id)
        if rules is not None:
            kept = {name: value for name, value in answer.headers.items() if not name.startswith("access-control-")}
            added = {} if origin is None else cors.response_headers(rules, origin)
            answer = replace(answer, headers={**kept, **added})
        return stage, answer

    async def _route(self, api: Api, stage: Stage, path: str, request: HttpRequest, request_id: str) -> HttpResponse:
        served = api.served(stage)
        match = None if served is None else find_route(served.routes, request.method, path)
        if served is None or match is None:
            return message(404, "Not Found")
        integration = served.integrations.get(match.route.integration_id or "")
        if integration is None:
            return message(500, "Internal Server Error")
        return await self._integrate(api, stage, match, integration, request, request_id)

    async def _integrate(
        self, api: Api, stage: Stage, match: Match, integration: Integration, request: HttpRequest, request_id: str
    ) -> HttpResponse:
        target = function_of(integration.uri, stage.variables)
        source = source_arn(self._region, self._account, api.id, stage.name, request.method, match.route.key)
        if target is None or not self._functions.permits(target, PRINCIPAL, source):
            return message(500, "Internal Server Error")
        context = Context(
            account=self._account,
            api_id=api.id,
            stage=stage.name,
            route_key=match.route.key,
            request_id=request_id,
            moment=time.time(),
            parameters=match.parameters,
            variables=stage.variables,
        )
        payload = json.dumps(event(request, context)).encode()
        trace = dict(request.headers)["x-amzn-trace-id"]
        try:
            async with asyncio.timeout(integration.timeout / 1000):
                result = await self._functions.invoke(Event(target, payload, trace_id=trace))
        except TimeoutError:
            return message(503, "Service Unavailable")
        except LambdaError as error:
            busy = error.status in (429, 503)
            return message(503, "Service Unavailable") if busy else message(500, "Internal Server Error")
        if result.outcome.failed:
            return message(500, "Internal Server Error")
        return response(result.outcome.payload)

    def _count(self, api_id: str, stage: Stage | None, status: int, milliseconds: float, size: int) -> None:
        values = {
            ("Count", "Count"): 1.0,
            ("4xx", "Count"): float(400 <= status < 500),
            ("5xx", "Count"): float(status >= 500),
            ("Latency", "Milliseconds"): milliseconds,
            ("DataProcessed", "Bytes"): float(size),
        }
        api = ("ApiId", api_id)
        sets = [(api,)] if stage is None else [(api,), (api, ("Stage", stage.name))]
        self._telemetry.count(NAMESPACE, values, sets, time.time())


def _named(answer: HttpResponse, request_id: str) -> Response:
    sent = written(answer)
    sent.headers["apigw-requestid"] = request_id
    return sent
