"""What people and the system may do to a command that ends."""

import asyncio
import os
import signal

import pytest

from tidegate.cli.wiring import run_async


async def cleaned(first: signal.Signals, second: signal.Signals, done: list[str]) -> None:
    """Is told to end, and once more while it cleans up."""
    os.kill(os.getpid(), first)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        os.kill(os.getpid(), second)
        for _ in range(100):
            await asyncio.sleep(0)
        done.append("cleaned")
        raise


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_what_ends_is_not_cut_short_by_a_second_term(first: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run_async(cleaned(first, signal.SIGTERM, done), "putting back")
    assert done == ["cleaned"]
    assert capfd.readouterr().err == "putting back\n"


def test_a_second_interrupt_ends_it_at_once() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run_async(cleaned(signal.SIGINT, signal.SIGINT, done))
    assert done == []
