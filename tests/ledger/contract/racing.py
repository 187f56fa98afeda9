"""Python processes that begin at the same moment."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

START = "import sys; sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()\n"


def race(code: str, arguments: Sequence[Sequence[str]]) -> list[str]:
    """Run `code` once for each list of arguments, all at once; return what each printed. All must end well.

    `code` has a line `# START` where it waits for the others.
    """
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code.replace("# START\n", START), *own],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for own in arguments
        ]
        for racer in racers:
            stack.callback(racer.kill)
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n", racer.stderr and racer.stderr.read()
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        told: list[str] = []
        for racer in racers:
            output, errors = racer.communicate(timeout=120)
            assert racer.returncode == 0, errors
            told.append(output)
        return told
