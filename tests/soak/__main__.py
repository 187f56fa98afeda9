"""`python -m tests.soak [--deployments N] [--seed S]`: prints each deployment and, in the end, all figures."""

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.soak import Figures, soak


def main() -> int:
    """Soak; 1 when something did not hold, with the command that does the same again."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--deployments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the cloud ends, too
    print(f"seed {options.seed}", flush=True)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        figures = Figures()
        try:
            soak(Path(folder).resolve(), options.deployments, options.seed, say, figures)
        except AssertionError as wrong:
            again = f"make soak N={options.deployments} SEED={options.seed}"
            print(f"\n{figures.told()}\n\n{wrong}\n\nthe same again: {again}", file=sys.stderr)
            return 1
    print(figures.told())
    return 0


if __name__ == "__main__":
    sys.exit(main())
