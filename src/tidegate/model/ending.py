"""What ended a command, as people are told it."""

import signal

SIGNALLED = 128
"""Added to the number of the signal that ended a command, as a shell does."""


def told_ending(code: int) -> str:
    """What an exit code says, such as `exit code 3` or `SIGTERM`."""
    if code <= SIGNALLED:
        return f"exit code {code}"
    try:
        name = signal.Signals(code - SIGNALLED).name
    except ValueError:
        return f"exit code {code}"
    return f"{name}: somebody killed it, or memory ran out" if name == "SIGKILL" else name
