"""The services that moto runs in-process: those that progressive delivery is not about.

moto's modules are imported on the first request for each service: all at once they cost seconds and most of the
memory budget.
"""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio.to_thread
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

# Signing name → host prefix, where AWS's own endpoints differ from the signing name.
MOTO_HOSTS = {
    "dynamodb": "dynamodb",
    "events": "events",
    "iam": "iam",
    "logs": "logs",
    "monitoring": "monitoring",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
}


T = TypeVar("T")

# What moto answers where it has no such operation.
_UNKNOWN: tuple[int, dict[str, str], str] = (404, {}, "Not yet implemented")

# How often a receiver that waits for a message looks again, in seconds.
RECEIVE_INTERVAL = 0.1


class MotoServices:
    """Answers requests for the services in `MOTO_HOSTS` with moto's own backends."""

    def __init__(self, region: str, account: str) -> None:
        self.region = region
        self._account = account
        self._before: dict[str, list[Callable[[], Callable[[], None]]]] = defaultdict(list)
        self._after: dict[str, list[Callable[[str], None]]] = defaultdict(list)
        # moto's backends are plain dictionaries without locks of their own.
        self._lock = threading.Lock()
        self._stubber: Any = None

    @property
    def scopes(self) -> frozenset[str]:
        """Signing names that moto answers."""
        return frozenset(MOTO_HOSTS)

    async def start(self) -> None:
        """Nothing to open: backends come to life on their first request."""

    async def stop(self) -> None:
        """Forget all state, so that a cloud started later in this process begins empty."""
        if self._stubber is None:
            return
        from moto.core.base_backend import BackendDict  # noqa: PLC0415 - moto is loaded lazily
        from moto.core.model_instances import reset_model_data  # noqa: PLC0415

        with self._lock:
            BackendDict.reset()
            reset_model_data()

    def before(self, scope: str, take: Callable[[], Callable[[], None]]) -> None:
        """Let `take` contribute to a service just before each request for it is answered.

        `take` is called on the event loop; what it returns runs where moto's backends may be touched.
        """
        self._before[scope].append(take)

    def after(self, scope: str, tell: Callable[[str], None]) -> None:
        """Have `tell` called on the event loop after each request for a service, with the operation's name.

        The name is empty where the protocol does not carry it in a header.
        """
        self._after[scope].append(tell)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread while nothing else touches moto's backends."""
        return await anyio.to_thread.run_sync(self._alone, work)

    async def handle(self, request: Request) -> Response:
        """Answer one request; called with the signing name in `request.state.scope`."""
        body = await request.body()
        service = request.state.scope.service
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        if service == "sqs" and operation == "ReceiveMessage":
            response = await self._receive(request, body)
        else:
            response = await self._ask(request, body)
        for tell in self._after[service]:
            tell(operation)
        return response

    async def _receive(self, request: Request, body: bytes) -> Response:
        """ReceiveMessage that waits here, where moto would hold up everybody else for as long as it waits."""
        try:
            asked = json.loads(body)
            deadline = asyncio.get_running_loop().time() + min(float(asked.get("WaitTimeSeconds", 0)), 20.0)
        except (ValueError, TypeError, AttributeError):
            return await self._ask(request, body)
        at_once = json.dumps({**asked, "WaitTimeSeconds": 0}).encode()
        while True:
            response = await self._ask(request, at_once)
            remaining = deadline - asyncio.get_running_loop().time()
            if response.status_code != 200 or b'"Messages"' in bytes(response.body) or remaining <= 0:
                return response
            await asyncio.sleep(min(RECEIVE_INTERVAL, remaining))

    async def _ask(self, request: Request, body: bytes) -> Response:
        service, region = request.state.scope.service, request.state.scope.region or self.region
        contributions = [take() for take in self._before[service]]
        return await anyio.to_thread.run_sync(self._answer, request, body, service, region, contributions)

    def _alone(self, work: Callable[[], T]) -> T:
        with self._lock:
            return work()

    def _answer(
        self, request: Request, body: bytes, service: str, region: str, contributions: list[Callable[[], None]]
    ) -> Response:
        parts = urlsplit(str(request.url))
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        url = f"https://{MOTO_HOSTS[service]}.{region}.amazonaws.com{path}"
        if parts.query:
            url = f"{url}?{parts.query}"
        headers = HTTPHeaders.from_dict({**request.headers, "x-moto-account-id": self._account})
        prepared = AWSPreparedRequest(request.method, url, headers, body, stream_output=False)
        with self._lock:
            for contribute in contributions:
                contribute()
            try:
                answer = self._load().process_request(prepared)
            except NotImplementedError as missing:
                return _refusal(501, "NotEmulated", f"{service}: not emulated by the embedded cloud: {missing}")
            except Exception as failure:  # noqa: BLE001 - a defect of moto is this request's answer, not the cloud's end
                return _refusal(500, "InternalFailure", f"{service}: {type(failure).__name__}: {failure}")
        if answer is None or answer == _UNKNOWN:
            what = headers.get("x-amz-target") or f"{request.method} {path}"
            return _refusal(501, "NotEmulated", f"{service}: not emulated by the embedded cloud: {what}")
        status, answer_headers, content = answer
        plain = {k: str(v) for k, v in dict(answer_headers).items() if k.lower() != "content-length"}
        if request.method == "HEAD":
            response = Response(status_code=status, headers=plain)
            response.headers["content-length"] = str(dict(answer_headers).get("content-length", len(content or b"")))
            return response
        return Response(content if content is not None else b"", status_code=status, headers=plain)

    def _load(self) -> Any:
        if self._stubber is None:
            from moto.core.botocore_stubber import BotocoreStubber  # noqa: PLC0415 - moto is loaded lazily

            self._stubber = BotocoreStubber()
        return self._stubber


def _refusal(status: int, code: str, message: str) -> Response:
    return JSONResponse({"__type": code, "message": message}, status, headers={"x-amzn-errortype": code})
