"""A trail of what was asked of a cloud, and the power to hold a request: what CloudTrail and bad luck are on AWS.

A relay in front of the embedded cloud's control plane. `TIDEGATE_CLOUD` names it in place of the cloud itself.
"""

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

REQUEST = re.compile(rb"^([A-Z]+) (\S+) HTTP/1\.[01]\r\n")
CHUNK = 1 << 16
CHANGE = re.compile(r"^(PUT|POST|DELETE) .*(/code|/versions|/aliases/\w+|/key-value-stores/.*/keys.*)$")
"""A request that changes what a function or a site serves (AWS API: UpdateFunctionCode, PublishVersion, UpdateAlias,
UpdateKeys)."""


@dataclass
class Hold:
    """Requests that are kept from being answered, from the `nth` that matches on.

    Attributes:
        reached: Set once such a request is held.
        effect: Whether it reaches the cloud, so that only its answer is lost.
        late: Whether it goes on once it is let go of, as if nothing had been.
    """

    pattern: re.Pattern[str]
    nth: int
    effect: bool = False
    late: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    seen: int = 0

    def takes(self, request: str) -> bool:
        if self.gone.is_set() or self.pattern.search(request) is None:
            return False
        self.seen += 1
        return self.seen >= self.nth


@dataclass
class Trail:
    """The relay while it is up.

    Attributes:
        endpoint: Its URL, in place of the cloud's.
        requests: Method and target of each request, in order of arrival.
    """

    upstream: int
    endpoint: str = ""
    requests: list[str] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)

    def hold(self, pattern: str, nth: int = 1, *, effect: bool = False) -> Hold:
        """Hold requests whose method and target match `pattern`, until the next `let_go`."""
        hold = Hold(re.compile(pattern), nth, effect)
        self.holds.append(hold)
        return hold

    def delay(self, pattern: str, nth: int = 1) -> Hold:
        """As `hold`, but what is held goes on once its `gone` is set, or at the next `let_go`."""
        hold = Hold(re.compile(pattern), nth, late=True)
        self.holds.append(hold)
        return hold

    def let_go(self) -> None:
        """Hold nothing more. What is held stays so, unless it was only delayed: its client is to be killed."""
        for hold in self.holds:
            hold.gone.set()
        self.holds.clear()

    def changes(self) -> list[str]:
        """The requests that change what a function or a site serves."""
        return [request for request in self.requests if CHANGE.search(request)]

    async def relay(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Pass one connection on until either side ends it."""
        answer, cloud = await asyncio.open_connection("127.0.0.1", self.upstream)
        held: list[Hold] = []
        back = asyncio.create_task(_pass_back(answer, answers, held))
        try:
            while data := await client.read(CHUNK):
                taken = self._taken(data)
                if taken and taken.late:
                    taken.reached.set()
                    while not taken.gone.is_set():
                        await asyncio.sleep(0.01)
                elif taken:
                    held.append(taken)
                    if not taken.effect:
                        taken.reached.set()
                        continue
                if not held or held[0].effect:
                    cloud.write(data)
                    await cloud.drain()
        except OSError:
            pass  # the client was killed
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for writer in (cloud, answers):
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def _taken(self, data: bytes) -> Hold | None:
        found = REQUEST.match(data)
        if found is None:
            return None
        request = f"{found[1].decode()} {found[2].decode()}"
        self.requests.append(request)
        return next((hold for hold in self.holds if hold.takes(request)), None)


async def _pass_back(answer: asyncio.StreamReader, answers: asyncio.StreamWriter, held: list[Hold]) -> None:
    while data := await answer.read(CHUNK):
        if held:
            held[0].reached.set()
            continue
        answers.write(data)
        await answers.drain()
    answers.close()


@contextlib.contextmanager
def trail_of(endpoint: str) -> Iterator[Trail]:
    """Put a trail in front of a control plane; it is gone when the block ends."""
    port = urlsplit(endpoint).port
    assert port
    trail = Trail(port)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(trail.relay, "127.0.0.1"), loop).result()
    trail.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield trail
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
