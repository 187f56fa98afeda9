"""An unreliable way to a control plane: a proxy on 127.0.0.1 that answers slowly, wrongly, or not at all.

Which request meets which fault depends on the seed, on the request and on how often it was made, and not on the order
in which requests happen to arrive.
"""

import asyncio
import contextlib
import enum
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LIMIT = 1 << 20
RETRY_AFTER_SECONDS = 1
SLOW_SECONDS = 0.4
BODILESS = frozenset({204, 304})


class Fault(enum.Enum):
    """What can go wrong on the wire."""

    LATENCY = "latency"
    ERROR_BEFORE = "500 before the effect"
    ERROR_AFTER = "500 after the effect"
    THROTTLE = "429 with Retry-After"
    RESET = "connection reset before the effect"
    LOST = "answer lost after the effect"

    @property
    def has_effect(self) -> bool:
        """Whether the request reaches the cloud all the same."""
        return self in {Fault.LATENCY, Fault.ERROR_AFTER, Fault.LOST}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer as it is on the wire: its first line, its headers, and its body, chunked or not."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def without(self, *names: str) -> "Message":
        return Message(self.line, tuple(one for one in self.headers if one[0].lower() not in names), self.body)

    def bytes(self) -> bytes:
        head = "".join(f"{line}\r\n" for line in (self.line, *(f"{key}: {value}" for key, value in self.headers)))
        return f"{head}\r\n".encode("latin-1") + self.body


@dataclass
class FaultProxy:
    """The proxy while it is up.

    Attributes:
        upstream: Port of the control plane.
        seed: Decides, with a request, what it meets.
        rates: Fault → the part of the requests that meets it; may be replaced at any time.
        endpoint: Its URL, in place of the cloud's.
        requests: How many requests there were.
        injected: How often each fault was met.
    """

    upstream: int
    seed: int
    rates: Mapping[Fault, float]
    endpoint: str = ""
    requests: int = 0
    injected: Counter[Fault] = field(default_factory=Counter)
    _seen: Counter[str] = field(default_factory=Counter)
    _serving: "set[asyncio.Task[None] | None]" = field(default_factory=set)

    async def serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Carry the requests of one connection until either side ends it."""
        # Once the client is gone, nothing else keeps a task that waits for the cloud's answer: readers are held weakly.
        own = asyncio.current_task()
        self._serving.add(own)
        try:
            while (request := await _read(client, answers)) is not None:
                if not await self._carry(request, answers):
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            answers.close()
            with contextlib.suppress(OSError):
                await answers.wait_closed()
            self._serving.discard(own)

    def choose(self, line: str) -> Fault | None:
        """What the next request with this first line meets."""
        self._seen[line] += 1
        drawn = random.Random(f"{self.seed} {self._seen[line]} {line}").random()
        for fault, rate in self.rates.items():
            if drawn < rate:
                return fault
            drawn -= rate
        return None

    async def _carry(self, request: Message, answers: asyncio.StreamWriter) -> bool:
        """Answer a request, or do not; tells whether the connection may go on."""
        self.requests += 1
        fault = self.choose(request.line)
        if fault is not None:
            self.injected[fault] += 1
        if fault is Fault.LATENCY:
            await asyncio.sleep(SLOW_SECONDS)
        answer = await self._forward(request) if fault is None or fault.has_effect else None
        match fault:
            case Fault.RESET:
                _reset(answers)
                return False
            case Fault.LOST:
                return False
            case Fault.ERROR_BEFORE | Fault.ERROR_AFTER:
                answer = _refusal("500 Internal Server Error", "ServiceException")
            case Fault.THROTTLE:
                answer = _refusal("429 Too Many Requests", "TooManyRequestsException", RETRY_AFTER_SECONDS)
        assert answer is not None
        answers.write(answer.bytes())
        await answers.drain()
        return True

    async def _forward(self, request: Message) -> Message:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=LIMIT)
        try:
            whole = request.without("connection", "expect", "proxy-connection")
            writer.write(Message(whole.line, (*whole.headers, ("Connection", "close")), whole.body).bytes())
            await writer.drain()
            answer = await _read_answer(reader, request.line.startswith("HEAD "))
            return answer.without("connection")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _read(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> Message | None:
    """A whole request; None when there is no further one. A client that waits to be asked for its body is asked."""
    head = await _head(client)
    if head is None:
        return None
    if head.header("expect").lower() == "100-continue":
        answers.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await answers.drain()
    return Message(head.line, head.headers, await _body(client, head))


async def _read_answer(cloud: asyncio.StreamReader, bodiless: bool) -> Message:
    head = await _head(cloud)
    while head is not None and head.line.split()[1] == "100":
        head = await _head(cloud)
    if head is None:
        raise ConnectionResetError("the control plane gave no answer")
    if bodiless or int(head.line.split()[1]) in BODILESS:
        return head
    return Message(head.line, head.headers, await _body(cloud, head))


async def _head(stream: asyncio.StreamReader) -> Message | None:
    try:
        text = (await stream.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return None
    line, *rest = text.removesuffix("\r\n\r\n").split("\r\n")
    pairs = (header.partition(":") for header in rest)
    return Message(line, tuple((key, value.strip()) for key, _, value in pairs), b"")


async def _body(stream: asyncio.StreamReader, head: Message) -> bytes:
    if head.header("transfer-encoding").lower() == "chunked":
        return b"".join([chunk async for chunk in _chunks(stream)])
    return await stream.readexactly(int(head.header("content-length") or 0))


async def _chunks(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """A chunked body as it is on the wire, trailers included (RFC 9112, "Chunked Transfer Coding")."""
    while True:
        size = await stream.readuntil(b"\r\n")
        yield size
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            break
        yield await stream.readexactly(length + 2)
    while (trailer := await stream.readuntil(b"\r\n")) != b"\r\n":
        yield trailer
    yield trailer


def _refusal(status: str, code: str, retry_after: int | None = None) -> Message:
    wait = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Message(f"HTTP/1.1 {status}", (("x-amzn-errortype", code), *wait, ("Content-Length", "0")), b"")


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection so that the other side hears of a reset, and not of an end (socket(7), SO_LINGER)."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextlib.contextmanager
def fault_proxy(endpoint: str, seed: int, rates: Mapping[Fault, float]) -> Iterator[FaultProxy]:
    """Put a proxy in front of a control plane; it is gone when the block ends."""
    port = urlsplit(endpoint).port
    assert port
    proxy = FaultProxy(port, seed, rates)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fault-proxy")
    thread.start()
    starting = asyncio.start_server(proxy.serve, "127.0.0.1", limit=LIMIT)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    proxy.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
