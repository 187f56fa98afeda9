"""A GitHub that listens on this machine, for commands that are processes of their own."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import uvicorn

from tests.github.fake import FakeGithub


@contextlib.contextmanager
def served_github() -> Iterator[FakeGithub]:
    """An empty repository; its `storage` is the address of everything."""
    fake, started = FakeGithub(), threading.Event()
    config = uvicorn.Config(fake.app, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)

    async def serve() -> None:
        task = asyncio.create_task(server._serve())  # serve() would install signal handlers
        while not server.started and not task.done():
            await asyncio.sleep(0.001)
        if server.started:
            fake.storage = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        started.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait()
    try:
        yield fake
    finally:
        server.should_exit = True
        thread.join()
