import os
import sys
from pathlib import Path

import pytest

from tidegate.process import converse, lives
from tidegate.process.liveness import born

CHILD = """
import os, subprocess, sys
from tidegate.process.answering import Answering
talk = Answering()
request = talk.hear()
print("to nobody", sys.stdin.read() if not sys.stdin.closed else "")
if request["do"] == "answer":
    assert talk.ask({"asked": 1})["answer"] == 2
    talk.tell({"done": True})
elif request["do"] == "die":
    sys.exit("last words")
else:
    child = subprocess.Popen(["sleep", "600"])
    talk.tell({"pids": [os.getpid(), child.pid]})
    child.wait()
"""


def command() -> list[str]:
    return [sys.executable, "-c", CHILD]


async def test_what_is_said_goes_both_ways_and_prints_do_not_disturb(tmp_path: Path) -> None:
    lines: list[str] = []
    async with converse(command(), cwd=tmp_path, env=dict(os.environ), log=lines.append) as talk:
        await talk.tell({"do": "answer"})
        assert await talk.hear() == {"asked": 1}
        await talk.tell({"answer": 2})
        assert await talk.hear() == {"done": True}
        assert await talk.hear() is None
        assert await talk.last_words() == ("to nobody ",)
    assert lines == ["to nobody "]


async def test_a_child_that_dies_is_heard_of(tmp_path: Path) -> None:
    async with converse(command(), cwd=tmp_path, env=dict(os.environ)) as talk:
        await talk.tell({"do": "die"})
        assert await talk.hear() is None
        assert (await talk.last_words())[-1] == "last words"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_nothing_is_left_when_the_talk_ends(tmp_path: Path) -> None:
    async with converse(command(), cwd=tmp_path, env=dict(os.environ)) as talk:
        await talk.tell({"do": "wait"})
        message = await talk.hear()
        assert message
        pids = [(pid, born(pid)) for pid in message["pids"]]
        assert all(lives(*one) for one in pids)
    assert not any(lives(*one) for one in pids)
