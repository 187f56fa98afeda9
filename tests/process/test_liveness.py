import os
import subprocess
import sys

from tidegate.process.liveness import born, lives, own


def test_this_process_lives() -> None:
    pid, since = own()
    assert pid == os.getpid()
    assert lives(pid, since)


def test_a_reused_number_is_not_taken_for_the_process() -> None:
    pid, since = own()
    assert not lives(pid, since + "1")
    assert not lives(pid, "")


def test_a_process_that_ended_does_not_live() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        since = born(child.pid)
        assert lives(child.pid, since)
        child.communicate(b"\n")
    assert not lives(child.pid, since)
