"""Workers as real processes, under AWS's runtime and under our own."""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tidegate.localcloud.awslambda import runtime_client
from tidegate.localcloud.awslambda.runtime_api import Invocation, Outcome
from tidegate.localcloud.awslambda.runtime_libs import link_libraries
from tidegate.localcloud.awslambda.worker import InitFailed, Launch, Worker

HANDLER = """
import os, subprocess, sys, time

def handler(event, context):
    print("line one")
    print("line two", file=sys.stderr)
    match event:
        case {"raise": message}:
            raise ValueError(message)
        case {"exit": status}:
            os._exit(status)
        case {"signal": number}:
            os.kill(os.getpid(), number)
        case {"hang": seconds}:
            time.sleep(seconds)
        case "child":
            return subprocess.Popen(["sleep", "600"]).pid
        case "unserializable":
            return object()
    return {
        "event": event,
        "arn": context.invoked_function_arn,
        "id": context.aws_request_id,
        "name": context.function_name,
        "remaining": context.get_remaining_time_in_millis(),
        "pid": os.getpid(),
    }
"""

Start = Callable[..., Awaitable[Worker]]


class Bench:
    """Starts workers of one folder, and keeps what they log."""

    def __init__(self, folder: Path, command: tuple[str, ...], search_path: str) -> None:
        self.folder = folder
        self.command = command
        self.search_path = search_path
        self.lines: list[str] = []
        self.workers: list[Worker] = []

    async def start(self, source: str = HANDLER, handler: str = "app.handler", init_limit: float = 10.0) -> Worker:
        (self.folder / "app.py").write_text(source, encoding="utf-8")
        environment = {"PYTHONPATH": f"{self.folder}:{self.search_path}", "AWS_LAMBDA_FUNCTION_NAME": "f"}
        launch = Launch((*self.command, handler), self.folder, environment, init_limit)
        worker = Worker(launch, self.lines.extend)
        self.workers.append(worker)
        await worker.start()
        return worker


@pytest.fixture(params=["awslambdaric", "ours"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    python = (getattr(sys, "_base_executable", sys.executable), "-S", "-s", "-B")
    libraries = tmp_path / "libraries"
    native = link_libraries(libraries)
    if request.param == "awslambdaric":
        if not native:
            pytest.skip("there is no awslambdaric for this platform")
        made = Bench(tmp_path, (*python, "-m", "awslambdaric"), str(libraries))
    else:
        made = Bench(tmp_path, (*python, runtime_client.__file__), "")
    yield made
    for worker in made.workers:
        await worker.stop()


async def ask(worker: Worker, event: Any, limit: float = 10.0) -> tuple[Any, bool]:
    deadline = 4_000_000_000_000
    made = Invocation(str(uuid.uuid4()), json.dumps(event).encode(), deadline, "arn:f:live", "Root=1-2-3")
    outcome: Outcome = await worker.invoke(made, limit)
    return json.loads(outcome.payload), outcome.failed


async def test_one_worker_answers_many_events(bench: Bench) -> None:
    worker = await bench.start()
    first, failed = await ask(worker, {"ü": [1, None]})
    second, _ = await ask(worker, 2)
    assert not failed
    assert (first["event"], first["arn"], first["name"]) == ({"ü": [1, None]}, "arn:f:live", "f")
    assert first["remaining"] > 0
    assert first["pid"] == second["pid"]
    assert first["id"] != second["id"]
    assert worker.invocations == 2


async def test_what_was_printed_is_there_when_the_answer_is(bench: Bench) -> None:
    worker = await bench.start()
    for _ in range(20):
        bench.lines.clear()
        await ask(worker, 1)
        assert sorted(bench.lines) == ["line one", "line two"]


async def test_an_exception_leaves_the_worker_alive(bench: Bench) -> None:
    worker = await bench.start()
    document, failed = await ask(worker, {"raise": "no good"})
    assert failed
    assert (document["errorType"], document["errorMessage"]) == ("ValueError", "no good")
    assert any("app.py" in line for line in document["stackTrace"])
    assert any(line.startswith("[ERROR] ValueError: no good\n") for line in bench.lines)
    assert (await ask(worker, 1))[1] is False


async def test_an_answer_that_is_no_json_fails(bench: Bench) -> None:
    worker = await bench.start()
    document, failed = await ask(worker, "unserializable")
    assert (document["errorType"], failed) == ("Runtime.MarshalError", True)


@pytest.mark.parametrize(
    ("event", "words"),
    [({"exit": 0}, "exit status 0"), ({"exit": 7}, "exit status 7"), ({"signal": 9}, "signal: kill")],
)
async def test_a_worker_that_ends_is_an_exit_error(bench: Bench, event: Any, words: str) -> None:
    worker = await bench.start()
    document, failed = await ask(worker, event)
    assert failed
    assert document["errorType"] == "Runtime.ExitError"
    assert words in document["errorMessage"]
    assert not worker.alive


async def test_a_handler_that_takes_too_long_is_killed(bench: Bench) -> None:
    worker = await bench.start()
    document, failed = await ask(worker, {"hang": 600}, limit=0.2)
    assert failed
    assert document["errorType"] == "Sandbox.Timedout"
    assert document["errorMessage"].endswith("Task timed out after 0.20 seconds")
    assert not worker.alive


@pytest.mark.parametrize(
    ("source", "handler", "kind"),
    [
        ("import nowhere_to_be_found", "app.handler", "Runtime.ImportModuleError"),
        ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError"),
        ("", "app.handler", "Runtime.HandlerNotFound"),
        ("", "handler", "Runtime.MalformedHandlerName"),
        ("raise KeyError('x')", "app.handler", "KeyError"),
        ("import os; os._exit(5)", "app.handler", "Runtime.ExitError"),
    ],
)
async def test_a_handler_that_does_not_load(bench: Bench, source: str, handler: str, kind: str) -> None:
    with pytest.raises(InitFailed) as failure:
        await bench.start(source, handler)
    assert json.loads(failure.value.document)["errorType"] == kind
    assert not bench.workers[0].alive


async def test_a_handler_that_loads_too_long(bench: Bench) -> None:
    with pytest.raises(InitFailed) as failure:
        await bench.start("import time; time.sleep(600)", init_limit=0.3)
    assert json.loads(failure.value.document)["errorType"] == "Sandbox.Timedout"
    assert not bench.workers[0].alive


async def test_children_end_with_their_worker(bench: Bench) -> None:
    worker = await bench.start()
    child, _ = await ask(worker, "child")
    assert running(child)
    await worker.stop()
    while running(child):
        await asyncio.sleep(0.01)


async def test_stopping_twice_is_no_matter(bench: Bench) -> None:
    worker = await bench.start()
    await worker.stop()
    await worker.stop()
    assert not worker.alive


def running(pid: int) -> bool:
    """Whether a process still does something: one that nobody waited for yet does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
