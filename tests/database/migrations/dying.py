"""A Tidegate that kills itself at a step: `python -m tests.database.migrations.dying`, with access on stdin."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from tests.database.migrations.databases import Acting, expand
from tests.database.migrations.product import Product
from tidegate.database.access import Access
from tidegate.model.database import Engine


def main() -> None:
    """Apply, and die at the entry of the journal that is asked for."""
    asked = json.load(sys.stdin)
    given = asked["access"]
    access = Access(**{**given, "engine": Engine(given["engine"])})

    async def die(entry: int) -> None:
        if entry == asked["entry"]:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(expand(Product(Path(asked["root"]), access.engine), access, Acting(die)))


if __name__ == "__main__":
    main()
