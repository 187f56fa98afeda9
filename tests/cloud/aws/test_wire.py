import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from tidegate.cloud.aws.buckets import AwsBuckets
from tidegate.cloud.aws.clients import is_loopback
from tidegate.cloud.aws.edges import AwsEdges
from tidegate.cloud.aws.functions import AwsFunctions
from tidegate.cloud.aws.probe import HttpProbe
from tidegate.cloud.aws.wire import ATTEMPTS, Wire
from tidegate.cloud.ports import StoredObject
from tidegate.errors import CloudError, Throttled, Unreachable
from tidegate.model.snapshot import Alias

THROTTLE = (429, "TooManyRequestsException", b'{"Type":"User","message":"Rate exceeded"}')
BROKEN = (500, "ServiceException", b'{"Type":"Service","message":"oops"}')
ALIAS = (200, "", b'{"Name":"live","FunctionVersion":"2","RevisionId":"b"}')
LIVE = Alias("live", "1", "a")

Said = tuple[int, str, bytes]


@dataclass
class Rough:
    """An endpoint that answers as scripted, once it may; None closes the connection without an answer."""

    script: list[Said | None]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                if b"100-continue" in request:
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await reader.readexactly(_length(request))
                self.asked.append(request.partition(b" HTTP/")[0].decode())
                self.signed.append(request.partition(b"Credential=")[2].partition(b"/")[0].decode())
                self.reached.set()
                await self.may_answer.wait()
                said = self.script.pop(0)
                if said is None:
                    break
                status, code, body = said
                head = f"HTTP/1.1 {status} X\r\nx-amzn-errortype: {code}\r\netag: e2\r\n"
                writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


@dataclass
class Sleeps:
    slept: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@contextlib.asynccontextmanager
async def rough(*script: Said | None) -> AsyncIterator[tuple[Rough, Wire, Sleeps]]:
    endpoint = Rough(list(script))
    endpoint.may_answer.set()
    server = await asyncio.start_server(endpoint.answer, "127.0.0.1", 0)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sleeps = Sleeps()
    wire = Wire("ap-southeast-1", endpoint.url, sleep=sleeps)
    try:
        yield endpoint, wire, sleeps
    finally:
        endpoint.may_answer.set()
        await wire.close()
        server.close()
        await server.wait_closed()


Write = Callable[[Wire], Awaitable[object]]

WRITES: list[Write] = [
    lambda wire: AwsFunctions(wire).update_code("f", "uri", "a"),
    lambda wire: AwsFunctions(wire).publish("f", "sha256:00", "a", "r1"),
    lambda wire: AwsFunctions(wire).point("f", LIVE, "2", "r1"),
    lambda wire: AwsFunctions(wire).invoke("f", "live", {}),
    lambda wire: AwsEdges(wire).point("arn:aws:cloudfront::123456789012:key-value-store/s", {"release": "r1"}, "a"),
]


@pytest.mark.parametrize("lost", [None, BROKEN])
@pytest.mark.parametrize("write", WRITES)
async def test_a_write_whose_answer_was_lost_is_not_repeated(write: Write, lost: Said | None) -> None:
    async with rough(lost) as (endpoint, wire, sleeps):
        with pytest.raises(Unreachable):
            await write(wire)
    assert len(endpoint.asked) == 1
    assert sleeps.slept == []


CHANGES: list[Write] = [
    *WRITES[:3],
    WRITES[4],
    lambda wire: AwsBuckets(wire).write("b", "k", b"x", content_type="text/html", cache_control="no-store"),
]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_under_way_is_known_before_its_cancellation_is(change: Write) -> None:
    async with rough(ALIAS) as (endpoint, wire, _):
        endpoint.may_answer.clear()
        changing = asyncio.ensure_future(change(wire))
        await endpoint.reached.wait()
        changing.cancel()
        done, _ = await asyncio.wait({changing}, timeout=0)
        assert not done, "it may still have its effect, and nobody would see it"
        endpoint.may_answer.set()
        with pytest.raises(asyncio.CancelledError):
            await changing
        assert endpoint.script == []


@pytest.mark.parametrize(
    "ask", [lambda wire: AwsFunctions(wire).observe("f", ()), lambda wire: AwsFunctions(wire).invoke("f", "live", {})]
)
async def test_what_changes_nothing_is_not_waited_for(ask: Write) -> None:
    async with rough(ALIAS, ALIAS, ALIAS, ALIAS) as (endpoint, wire, _):
        endpoint.may_answer.clear()
        asking = asyncio.ensure_future(ask(wire))
        await endpoint.reached.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert len(endpoint.script) == 4


async def test_an_object_is_written_again_after_a_lost_answer_unless_it_was_conditional() -> None:
    properties = {"content_type": "text/html", "cache_control": "no-store"}
    async with rough(None, (200, "", b"")) as (endpoint, wire, _):
        assert await AwsBuckets(wire).write("b", "k", b"x", **properties) == "e2"
    assert len(endpoint.asked) == 2
    async with rough(None) as (endpoint, wire, _):
        with pytest.raises(Unreachable):
            await AwsBuckets(wire).write("b", "k", b"x", **properties, expect="")
    assert len(endpoint.asked) == 1


async def test_a_write_that_was_throttled_is_asked_again() -> None:
    async with rough(THROTTLE, THROTTLE, ALIAS) as (endpoint, wire, sleeps):
        moved = await AwsFunctions(wire).point("f", LIVE, "2", "r1")
    assert moved.version == "2"
    assert len(endpoint.asked) == 3
    assert len(sleeps.slept) == 2


async def test_a_write_that_is_always_throttled_ends() -> None:
    async with rough(*[THROTTLE] * (ATTEMPTS + 1)) as (endpoint, wire, sleeps):
        with pytest.raises(Throttled):
            await AwsFunctions(wire).point("f", LIVE, "2", "r1")
    assert len(endpoint.asked) == ATTEMPTS
    assert all(0 <= seconds <= 5 for seconds in sleeps.slept)


@pytest.mark.parametrize(("asked", "least", "most"), [("7", 7, 12), ("3600", 20, 25), ("soon", 0, 5), ("-3", 0, 5)])
async def test_what_is_throttled_is_asked_again_not_before_it_may_be(asked: str, least: float, most: float) -> None:
    throttle = (429, f"TooManyRequestsException\r\nRetry-After: {asked}", THROTTLE[2])
    async with rough(throttle, ALIAS, throttle, ALIAS) as (endpoint, wire, sleeps):
        await AwsFunctions(wire).point("f", LIVE, "2", "r1")
        await wire.ask("f", lambda: wire.clients.functions.get_alias(FunctionName="f", Name="live"))
    assert len(endpoint.asked) == 4
    assert len(sleeps.slept) == 2
    assert all(least <= seconds <= most for seconds in sleeps.slept)


@pytest.mark.parametrize("answer", [(500, "", b""), (502, "", b"<html><body>Bad Gateway</html>"), (200, "", b"<a>")])
async def test_an_answer_that_is_not_the_service_s_own_is_none(answer: Said) -> None:
    who = (200, "", b"<R><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></R>")
    async with rough(answer, who) as (endpoint, wire, _):
        account = await wire.ask("the account", lambda: wire.clients.identity.get_caller_identity()["Account"])
    assert account == "1"
    assert len(endpoint.asked) == 2


async def test_a_read_that_is_never_answered_ends() -> None:
    async with rough(*[None] * (ATTEMPTS + 1)) as (endpoint, wire, sleeps):
        with pytest.raises(Unreachable):
            await wire.ask("f", lambda: wire.clients.functions.list_aliases(FunctionName="f"))
    assert len(endpoint.asked) == ATTEMPTS
    assert len(sleeps.slept) == ATTEMPTS - 1


async def test_a_read_whose_answer_was_lost_is_repeated() -> None:
    listed = (200, "", b'{"Aliases":[]}')
    async with rough(None, listed) as (endpoint, wire, _):
        aliases = await wire.ask("f", lambda: wire.clients.functions.list_aliases(FunctionName="f")["Aliases"])
    assert aliases == []
    assert len(endpoint.asked) == 2


def listing(key: str, rest: str) -> Said:
    contents = f"<Contents><Key>{key}</Key><ETag>e</ETag><Size>1</Size></Contents>"
    return (200, "", f"<ListBucketResult>{contents}{rest}</ListBucketResult>".encode())


async def test_all_pages_of_a_listing_are_read() -> None:
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t2</NextContinuationToken>"
    async with rough(listing("a", more), listing("b", "")) as (endpoint, wire, _):
        assert await AwsBuckets(wire).keys("bucket", "") == (StoredObject("a", "e", 1), StoredObject("b", "e", 1))
    assert "continuation-token=t2" in endpoint.asked[1]


async def test_objects_that_were_not_deleted_are_an_error() -> None:
    refused = b"<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
    async with rough((200, "", refused)) as (_, wire, _):
        with pytest.raises(CloudError, match="1 of 2 objects were not deleted") as raised:
            await AwsBuckets(wire).delete("bucket", ["a", "b"])
    assert (raised.value.where, raised.value.code) == ("s3://bucket/a", "AccessDenied")


async def test_the_key_value_store_is_asked_through_the_endpoint_as_proxy() -> None:
    async with rough((200, "", b'{"ItemCount":1,"TotalSizeInBytes":1}')) as (endpoint, wire, _):
        arn = "arn:aws:cloudfront::123456789012:key-value-store/s"
        assert await AwsEdges(wire).point(arn, {"release": "r1"}, "a") == "e2"
    host = endpoint.url.removeprefix("http://")
    assert endpoint.asked[0].startswith(f"POST http://123456789012.{host}/key-value-stores/")


async def test_an_answer_that_is_no_json_is_refused() -> None:
    async with rough((200, "", b"<html>")) as (_, wire, _):
        with pytest.raises(CloudError, match="not JSON"):
            await AwsFunctions(wire).invoke("f", "live", {})


@pytest.mark.parametrize(
    ("environment", "key"),
    [({}, "test"), ({"AWS_ACCESS_KEY_ID": "AKIDOWN", "AWS_SECRET_ACCESS_KEY": "own"}, "AKIDOWN")],
)
async def test_a_cloud_on_this_machine_needs_no_credentials_and_takes_given_ones(
    environment: dict[str, str], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with rough(ALIAS) as (endpoint, wire, _):
        await AwsFunctions(wire).point("f", LIVE, "2", "r1")
    assert endpoint.signed == [key]


async def test_credentials_that_are_incomplete_are_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOWN")
    async with rough() as (endpoint, wire, _):
        with pytest.raises(CloudError) as raised:
            await AwsFunctions(wire).point("f", LIVE, "2", "r1")
    assert raised.value.code == "PartialCredentialsError"
    assert "credentials" in raised.value.what_next
    assert endpoint.asked == []


async def test_a_state_is_read_until_it_is_the_wanted_one_or_time_is_up() -> None:
    async with rough() as (_, wire, sleeps):
        states = iter(["Pending", "Pending", "Active"])
        await wire.until("f", lambda: next(states), "Active", 10)
        assert len(sleeps.slept) == 2
        with pytest.raises(CloudError, match="still Pending"):
            await wire.until("f", lambda: "Pending", "Active", 10)
        assert 10 <= sum(sleeps.slept[2:]) < 20


async def test_clients_are_made_once_however_many_threads_ask() -> None:
    async with rough() as (_, wire, _):
        begin = threading.Barrier(8)
        made: set[int] = set()

        def call() -> None:
            begin.wait()
            made.add(id(wire.clients.tables))

        await asyncio.gather(*(wire.ask("tables", call) for _ in range(8)))
        assert len(made) == 1
        assert wire.clients.tables is not wire.invokes.tables


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:4566", True),
        ("http://localhost:4566", True),
        ("http://cloud.localhost", True),
        ("https://lambda.ap-southeast-1.amazonaws.com", False),
        ("http://10.0.0.1:4566", False),
        ("http://127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [((200, "", b"hello"), 200, b"hello"), ((503, "", b"wait"), 503, b"wait"), ((302, "", b""), 302, b"")],
)
async def test_a_probe_tells_status_and_body_as_they_are(said: Said, status: int, body: bytes) -> None:
    async with rough(said) as (endpoint, _, _):
        probe = HttpProbe()
        assert await probe.get(f"{endpoint.url}/a?b=c", {"x-test": "1"}) == (status, body)
        await probe.close()
    assert endpoint.asked == ["GET /a?b=c"]


async def test_a_probe_without_an_answer_is_unreachable() -> None:
    async with rough(None) as (endpoint, _, _):
        probe = HttpProbe()
        with pytest.raises(Unreachable):
            await probe.get(endpoint.url)
        with pytest.raises(Unreachable):
            await probe.get("http://127.0.0.1:9/")
        await probe.close()
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("url", ["http://[broken", "", "gopher://host/"])
async def test_a_probe_of_no_url_is_an_error(url: str) -> None:
    probe = HttpProbe()
    with pytest.raises(CloudError):
        await probe.get(url)
    await probe.close()
