"""The fault proxy: what a client sees, and whether the request had its effect."""

import contextlib
import http.client
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal

from tests.faults.proxy import RETRY_AFTER_SECONDS, SLOW_SECONDS, Fault, FaultProxy, fault_proxy
from tidegate.cloud.aws.connect import open_cloud
from tidegate.cloud.aws.provision.bucket import ensure_bucket
from tidegate.cloud.aws.provision.distribution import ensure_distribution
from tidegate.cloud.aws.provision.function import ensure_function
from tidegate.cloud.aws.provision.handler_image import HandlerImage, push
from tidegate.cloud.aws.provision.repository import ensure_repository
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import FunctionBlueprint, SiteBlueprint
from tidegate.errors import CloudError, Moved, Throttled, Unreachable
from tidegate.localcloud.compose import compose
from tidegate.localcloud.service import DEFAULT_REGION, Settings
from tidegate.model.pipeline import Strategy

SCRIPT = """
import cf from 'cloudfront';
async function handler(event) {
    event.request.uri = '/' + await cf.kvs().get('release') + '/index.html';
    return event.request;
}
"""
PAGE = {"content_type": "text/html", "cache_control": "no-store"}


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    protocol_version = "HTTP/1.1"
    received: list[tuple[str, bytes]] = []  # noqa: RUF012 - made anew for each server by a subclass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gave it
        pass


@contextlib.contextmanager
def upstream() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    handler = type("OwnEcho", (Echo,), {"received": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.received  # type: ignore[attr-defined] # made above
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(proxy: FaultProxy, path: str = "/a", body: bytes = b"body") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(proxy.endpoint).port or 0, timeout=10)
    try:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_is_seen_by_the_client_and_has_its_effect_or_none(fault: Fault) -> None:
    with upstream() as (endpoint, received), fault_proxy(endpoint, 1, {fault: 1.0}) as proxy:
        match fault:
            case Fault.LATENCY:
                assert post(proxy)[::2] == (200, b"body")
            case Fault.ERROR_BEFORE | Fault.ERROR_AFTER:
                assert post(proxy)[::2] == (500, b"")
            case Fault.THROTTLE:
                status, headers, _ = post(proxy)
                assert (status, headers["Retry-After"]) == (429, str(RETRY_AFTER_SECONDS))
            case Fault.RESET:
                with pytest.raises(ConnectionResetError):
                    post(proxy)
            case Fault.LOST:
                with pytest.raises(http.client.RemoteDisconnected):
                    post(proxy)
        assert received == ([("/a", b"body")] if fault.has_effect else [])
        assert (proxy.requests, dict(proxy.injected)) == (1, {fault: 1})


def test_without_faults_everything_passes_on_one_connection() -> None:
    with upstream() as (endpoint, received), fault_proxy(endpoint, 1, {}) as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(proxy.endpoint).port or 0, timeout=10)
        for number in range(3):
            connection.request("POST", f"/{number}", b"x" * number * 100_000)
            assert connection.getresponse().read() == b"x" * number * 100_000
        connection.close()
    assert [path for path, _ in received] == ["/0", "/1", "/2"]
    assert not proxy.injected


def drawn(seed: int, lines: list[str]) -> list[Fault | None]:
    proxy = FaultProxy(1, seed, dict.fromkeys(Fault, 0.05))
    return [proxy.choose(line) for line in lines]


def test_a_seed_says_what_is_met_whatever_the_order() -> None:
    lines = [f"GET /{number % 50} HTTP/1.1" for number in range(400)]
    met = drawn(7, lines)
    assert met == drawn(7, lines)
    assert met != drawn(8, lines)
    assert sorted(zip(lines, map(str, met), strict=True)) == sorted(
        zip(lines[::-1], map(str, drawn(7, lines[::-1])), strict=True)
    )
    assert 60 < sum(fault is not None for fault in met) < 180, "about three in ten"
    assert set(met) == {None, *Fault}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(root=tmp_path_factory.mktemp("cloud"))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(compose(settings).running()) as cloud,
    ):
        yield cloud.endpoint


@pytest.fixture
def proxy(endpoint: str) -> Iterator[FaultProxy]:
    with fault_proxy(endpoint, 3, {}) as one:
        yield one


@pytest.fixture
async def wire(proxy: FaultProxy) -> AsyncIterator[Wire]:
    opened = Wire(DEFAULT_REGION, proxy.endpoint)
    yield opened
    await opened.close()


async def test_the_clients_of_every_service_go_through_it(proxy: FaultProxy, wire: Wire) -> None:
    """A KeyValueStore's client takes it for an HTTP proxy; S3's waits to be asked for a body and sends it in chunks."""
    name = f"site-{uuid4().hex[:8]}"
    await ensure_bucket(wire, name)
    site = await ensure_distribution(wire, name, SiteBlueprint(name, Strategy.POINTER, SCRIPT))
    await ensure_repository(wire, "handlers")
    async with open_cloud(DEFAULT_REGION, proxy.endpoint) as cloud:
        body = b"<html>" + b"x" * 300_000
        etag = await cloud.buckets.write(name, "r1/index.html", body, **PAGE)
        assert await cloud.buckets.read(name, "r1/index.html") == (body, etag)
        await cloud.buckets.write(name, "r1/empty", b"", **PAGE, expect="")
        with pytest.raises(Moved):
            await cloud.buckets.write(name, "r1/empty", b"", **PAGE, expect="")
        _, before = await cloud.edges.pointers(site.store)
        after = await cloud.edges.point(site.store, {"release": "r1"}, before)
        assert await cloud.edges.pointers(site.store) == ({"release": "r1"}, after)
        assert (await cloud.probe.get(f"{site.url}/"))[1] == body
        image = HandlerImage("def handler(event, context):\n    return {'saw': event}\n")
        uri = await push(await cloud.images.access(), "handlers", image, f"t-{uuid4().hex[:8]}")
        blueprint = FunctionBlueprint(name, "handlers", "main.handler", {}, timeout_seconds=20)
        await ensure_function(wire, blueprint, uri, "arn:aws:iam::123456789012:role/test")
        assert (await cloud.functions.invoke(name, "live", {"a": 1})).payload == {"saw": {"a": 1}}
    assert proxy.requests > 20
    assert not proxy.injected


MAPPED = {
    Fault.ERROR_BEFORE: Unreachable,
    Fault.ERROR_AFTER: Unreachable,
    Fault.THROTTLE: Throttled,
    Fault.RESET: Unreachable,
    Fault.LOST: Unreachable,
}


@pytest.mark.parametrize("fault", MAPPED)
async def test_the_adapters_know_each_fault(proxy: FaultProxy, endpoint: str, fault: Fault) -> None:
    async def no_pause(seconds: float) -> None:
        assert seconds >= 0

    steady, faulty = Wire(DEFAULT_REGION, endpoint), Wire(DEFAULT_REGION, proxy.endpoint, sleep=no_pause)
    name = f"bucket-{uuid4().hex[:8]}"
    await ensure_bucket(steady, name)
    proxy.rates = {fault: 1.0}
    with pytest.raises(CloudError) as raised:
        await faulty.tell(name, lambda: faulty.clients.buckets.put_object(Bucket=name, Key="k", Body=b"x"))
    assert type(raised.value) is MAPPED[fault]
    assert raised.value.retry_after == (RETRY_AFTER_SECONDS if fault is Fault.THROTTLE else 0)
    listed = await steady.ask(name, lambda: steady.clients.buckets.list_objects_v2(Bucket=name)["KeyCount"])
    assert listed == (1 if fault.has_effect else 0)
    await faulty.close()
    await steady.close()


async def test_a_slow_answer_is_an_answer(proxy: FaultProxy, wire: Wire) -> None:
    proxy.rates = {Fault.LATENCY: 1.0}
    assert SLOW_SECONDS > 0
    account = await wire.ask("the account", lambda: wire.clients.identity.get_caller_identity()["Account"])
    assert account == "123456789012"
