"""Lambda as a service of the embedded cloud: control plane, invocation, asynchronous events."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda.api import ControlApi, refuse
from tidegate.localcloud.awslambda.control import Control
from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.function import Function, FunctionUrl
from tidegate.localcloud.awslambda.images import Images
from tidegate.localcloud.awslambda.invoker import DEFAULT_TRACE, Event, Invoker, Result
from tidegate.localcloud.awslambda.launches import Launches
from tidegate.localcloud.awslambda.names import FunctionName, Namespace, parse_function
from tidegate.localcloud.awslambda.policies import permits
from tidegate.localcloud.awslambda.runtime_libs import link_libraries
from tidegate.localcloud.awslambda.url_front import UrlFront
from tidegate.localcloud.ecr.images import ImageError
from tidegate.localcloud.service import Host
from tidegate.localcloud.telemetry import Telemetry

# How long a change takes until it is Active or Successful, in seconds.
SETTLE_SECONDS = 0.05
REAP_INTERVAL = 5.0
# AWS API: Invoke, quotas for the payload in bytes.
SYNCHRONOUS_LIMIT = 6 * 1024 * 1024
ASYNCHRONOUS_LIMIT = 1024 * 1024
# AWS Lambda developer guide, "Error handling for asynchronous invocation": waits before the two retries, in seconds.
RETRY_DELAYS = (60.0, 120.0)

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")


class LambdaService:
    """AWS Lambda of one account and region.

    Args:
        images: The registry that image URIs name.
        telemetry: Where logs and metrics go.
        settle_seconds: How long a change takes to complete.
    """

    def __init__(
        self, host: Host, images: Images, telemetry: Telemetry, *, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self._host = host
        self._telemetry = telemetry
        self._tasks: set[asyncio.Task[None]] = set()
        names = Namespace(host.settings.account, host.settings.region)
        self.control = Control(names, images, time.time, settle_seconds, self._prefetch)
        self._api = ControlApi(self.control, self._listen)
        self._invoker: Invoker | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """Lambda's signing name."""
        return frozenset({"lambda"})

    async def start(self) -> None:
        """Lay out what workers share, and begin to end those that idle."""
        libraries = self._host.settings.root / "lambda" / "runtime-libs"
        launches = Launches(
            libraries=libraries,
            native=link_libraries(libraries),
            endpoint=self._host.endpoint,
            region=self._host.settings.region,
        )
        self._invoker = Invoker(self.control, launches, self._telemetry)
        self._spawn(self._reap_forever(self._invoker))

    async def stop(self) -> None:
        """End every worker and every event that is still to be retried."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._invoker is not None:
            await self._invoker.stop()
        await self._telemetry.stop()

    async def handle(self, request: Request) -> Response:
        """Answer one request that is signed for Lambda."""
        body = await request.body()
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        match = _INVOKE.fullmatch(path) if request.method == "POST" else None
        if match is None:
            return await self._api.answer(request.method, path, request, body)
        try:
            return await self._invoke(unquote(match[1]), request, body)
        except LambdaError as error:
            return refuse(error)

    async def invoke(self, event: Event) -> Result:
        """Run one event and wait for its result, as other services do.

        Raises:
            LambdaError: As `Invoker.invoke`.
        """
        assert self._invoker is not None, "the cloud does not run"
        return await self._invoker.invoke(event)

    def enqueue(self, event: Event) -> None:
        """Take one event to be run later, with Lambda's retries."""
        self._spawn(self._run_later(event))

    def permits(self, name: FunctionName, principal: str, source_arn: str) -> bool:
        """Whether a service may invoke a function on behalf of `source_arn`."""
        try:
            function = self.control.state.function(name.name, self.control.clock())
        except LambdaError:
            return False
        return permits(function, name, principal, source_arn)

    async def _invoke(self, target: str, request: Request, body: bytes) -> Response:
        name = parse_function(target, request.query_params.get("Qualifier"))
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        event = Event(
            name,
            _checked(body, SYNCHRONOUS_LIMIT if kind == "RequestResponse" else ASYNCHRONOUS_LIMIT),
            client_context=_decoded(request.headers.get("x-amz-client-context")),
            trace_id=request.headers.get("x-amzn-trace-id", DEFAULT_TRACE),
        )
        match kind:
            case "RequestResponse":
                wants_log = request.headers.get("x-amz-log-type") == "Tail"
                return _written(await self.invoke(event), wants_log=wants_log)
            case "Event":
                self.control.state.resolve(name, self.control.clock())
                self.enqueue(event)
                return Response(status_code=202)
            case "DryRun":
                self.control.state.resolve(name, self.control.clock())
                return Response(status_code=204)
            case _:
                raise errors.invalid(f"Unknown InvocationType: {kind}")

    async def _run_later(self, event: Event) -> None:
        for delay in (*RETRY_DELAYS, None):
            try:
                if not (await self.invoke(event)).outcome.failed:
                    return
            except LambdaError as error:
                if error.status == 404:
                    return
            if delay is not None:
                await asyncio.sleep(delay)

    async def _reap_forever(self, invoker: Invoker) -> None:
        while True:
            await asyncio.sleep(REAP_INTERVAL)
            invoker.reap()

    async def _listen(self, name: FunctionName, identity: str) -> str:
        front = UrlFront(
            name,
            lambda: self._with_url(name, identity),
            self.invoke,
            self._telemetry,
            self._host.settings.account,
        )
        return f"http://127.0.0.1:{await self._host.listen(front.app)}/"

    def _with_url(self, name: FunctionName, identity: str) -> tuple[Function, FunctionUrl] | None:
        """A function with a URL of its own, as they are now; None where one of them is gone."""
        try:
            function = self.control.state.function(name.name, self.control.clock())
        except LambdaError:
            return None
        url = function.urls.get(name.qualifier)
        return (function, url) if url is not None and url.id == identity else None

    def _prefetch(self, digest: str) -> None:
        self._spawn(self._unpack(digest))

    async def _unpack(self, digest: str) -> None:
        try:
            await self.control.images.unpacked(digest)
        except ImageError:
            return  # The image is gone again; an invocation that needs it says so.

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _checked(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise errors.too_large(limit)
    if not body:
        return b"{}"
    try:
        json.loads(body)
    except ValueError as failure:
        raise errors.bad_content(str(failure)) from failure
    return body


def _decoded(context: str | None) -> str | None:
    return None if context is None else base64.b64decode(context).decode("utf-8", "replace")


def _written(result: Result, *, wants_log: bool) -> Response:
    headers = {"x-amzn-RequestId": result.request_id, "X-Amz-Executed-Version": result.version}
    if result.outcome.failed:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if wants_log:
        headers["X-Amz-Log-Result"] = base64.b64encode(result.tail.encode()).decode("ascii")
    return Response(result.outcome.payload, 200, headers=headers, media_type="application/json")
