"""The Lambda Runtime API for one worker: where its runtime asks for the next invocation and leaves the outcome.

Source: AWS Lambda developer guide, "Using the Lambda runtime API" (version 2018-06-01). Each worker has a listener of
its own, so that a request needs no name, and the warm path no routing.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httptools

_PREFIX = b"/2018-06-01/runtime/"
_ACCEPTED = b'{"status":"OK"}'


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event for a handler.

    Attributes:
        deadline: Milliseconds since the epoch.
        arn: The function's ARN with the qualifier that the caller used.
    """

    request_id: str
    payload: bytes
    deadline: int
    arn: str
    trace_id: str
    client_context: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an invocation: the handler's answer, or an error document."""

    payload: bytes
    failed: bool = False


class RuntimeApi:
    """Hands invocations to one runtime and takes its outcomes."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        # None when the runtime asks for its first invocation, or the error document of a failed init.
        self.initialized: asyncio.Future[Outcome | None] = loop.create_future()
        self._server: asyncio.Server | None = None
        self._waiting: _Connection | None = None
        self._invocation: Invocation | None = None
        self._outcome: asyncio.Future[Outcome] | None = None
        self._connections: set[_Connection] = set()

    async def open(self) -> str:
        """Listen on a free port of 127.0.0.1; returns what AWS_LAMBDA_RUNTIME_API takes."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    def close(self) -> None:
        """Stop listening and drop the runtime's connections."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.drop()
        self._connections.clear()

    def submit(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        """Give the runtime an event; the future holds what it answers. One at a time."""
        self._invocation = invocation
        self._outcome = asyncio.get_running_loop().create_future()
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.send_invocation(invocation)
        return self._outcome

    def connected(self, connection: "_Connection") -> None:
        """A runtime opened a connection."""
        self._connections.add(connection)

    def disconnected(self, connection: "_Connection") -> None:
        """A connection ended."""
        self._connections.discard(connection)
        if self._waiting is connection:
            self._waiting = None

    def next(self, connection: "_Connection") -> None:
        """The runtime asks for an event, and waits when there is none."""
        if not self.initialized.done():
            self.initialized.set_result(None)
        if self._invocation is not None and self._outcome is not None and not self._outcome.done():
            connection.send_invocation(self._invocation)
            return
        self._waiting = connection

    def finish(self, request_id: str, outcome: Outcome) -> bool:
        """The runtime leaves an outcome; False when it is not for the event at hand."""
        if self._invocation is None or self._outcome is None or self._invocation.request_id != request_id:
            return False
        self._invocation = None
        if not self._outcome.done():
            self._outcome.set_result(outcome)
        return True

    def init_failed(self, document: bytes) -> None:
        """The runtime could not load the handler."""
        if not self.initialized.done():
            self.initialized.set_result(Outcome(document, failed=True))


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection of a runtime."""

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._api.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._api.disconnected(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.drop()

    def drop(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def on_message_begin(self) -> None:
        """A request begins (callback of the parser, as those below)."""
        self._url = b""
        self._body.clear()

    def on_url(self, url: bytes) -> None:
        """Part of the request's path."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header. A client that asks before it sends a large body is told to go on."""
        if name.lower() == b"expect" and value.lower() == b"100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Part of the request's body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """A whole request is there."""
        _, found, path = self._url.partition(_PREFIX)
        body = b"".join(self._body)
        parts = path.decode("ascii", "replace").split("/") if found else []
        match parts:
            case ["invocation", "next"]:
                self._api.next(self)
            case ["invocation", request_id, "response"]:
                self._accept(self._api.finish(request_id, Outcome(body)))
            case ["invocation", request_id, "error"]:
                self._accept(self._api.finish(request_id, Outcome(body, failed=True)))
            case ["init", "error"]:
                self._api.init_failed(body)
                self._accept(known=True)
            case _:
                self._send(404, {}, b'{"errorType":"NotFound","errorMessage":"no such resource"}')

    def send_invocation(self, invocation: Invocation) -> None:
        """Answer a waiting runtime."""
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        if invocation.client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        self._send(200, headers, invocation.payload)

    def _accept(self, known: bool) -> None:
        if known:
            self._send(202, {}, _ACCEPTED)
        else:
            self._send(400, {}, b'{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}')

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        reason = {200: "OK", 202: "Accepted", 400: "Bad Request", 404: "Not Found"}[status]
        lines = [f"HTTP/1.1 {status} {reason}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join(lines).encode("ascii", "replace") + b"\r\n\r\n" + body)
