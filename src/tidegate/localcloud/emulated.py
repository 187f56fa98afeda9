"""The services that moto runs in-process: those that progressive delivery is not about.

moto's modules are imported on the first request for each service: all at once they cost seconds and most of the
memory budget.
"""

import threading
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
from botocore.awsrequest import AWSPreparedRequest
from starlette.requests import Request
from starlette.responses import Response

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


class MotoServices:
    """Answers requests for the services in `MOTO_HOSTS` with moto's own backends."""

    def __init__(self, region: str) -> None:
        self._region = region
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

    async def handle(self, request: Request) -> Response:
        """Answer one request; called with the signing name in `request.state.scope`."""
        body = await request.body()
        service, region = request.state.scope.service, request.state.scope.region or self._region
        return await anyio.to_thread.run_sync(self._answer, request, body, service, region)

    def _answer(self, request: Request, body: bytes, service: str, region: str) -> Response:
        parts = urlsplit(str(request.url))
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        url = f"https://{MOTO_HOSTS[service]}.{region}.amazonaws.com{path}"
        if parts.query:
            url = f"{url}?{parts.query}"
        headers = dict(request.headers)
        prepared = AWSPreparedRequest(request.method, url, headers, body, stream_output=False)
        with self._lock:
            answer = self._load().process_request(prepared)
        if answer is None:
            return Response(f"{service}: not emulated: {request.method} {path}", status_code=501)
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
