"""The embedded cloud as a process of its own: `python -m tidegate.localcloud --root DIR --port P`."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from tidegate.localcloud.compose import compose
from tidegate.localcloud.ecr.service import EcrService
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import DEFAULT_ACCOUNT, DEFAULT_REGION, Settings


def main() -> int:
    """Run until SIGTERM or SIGINT.

    Returns:
        0; 1 when a port is taken.
    """
    arguments = _parser().parse_args()
    settings = Settings(
        root=arguments.root.resolve(),
        port=arguments.port,
        account=arguments.account,
        region=arguments.region,
        registry_port=arguments.registry_port,
    )
    try:
        asyncio.run(_serve(settings, arguments.state_file))
    except OSError as error:
        sys.stderr.write(f"tidegate.localcloud: {error}\n")
        return 1
    return 0


async def _serve(settings: Settings, state_file: Path | None) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    async with compose(settings).running() as cloud:
        facts = _facts(cloud)
        if state_file is not None:
            _write(state_file, json.dumps(facts, indent=2) + "\n")
        sys.stdout.write(f"embedded cloud at {facts['endpoint']}, registry {facts['registry']}, pid {facts['pid']}\n")
        sys.stdout.flush()
        await ending.wait()
    if state_file is not None:
        state_file.unlink(missing_ok=True)


def _facts(cloud: EmbeddedCloud) -> dict[str, str | int]:
    registry = next(service for service in cloud.services if isinstance(service, EcrService))
    return {
        "endpoint": cloud.endpoint,
        "registry": registry.registry_host,
        "pid": os.getpid(),
        "account": cloud.settings.account,
        "region": cloud.settings.region,
    }


def _write(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the whole of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    growing = path.with_name(f".{path.name}.{os.getpid()}")
    growing.write_text(text, encoding="utf-8")
    growing.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tidegate.localcloud", description=main.__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder for blobs, unpacked images and workers")
    parser.add_argument("--port", type=int, default=0, help="control plane's port; 0 takes a free one")
    parser.add_argument("--registry-port", type=int, default=0, help="registry's port; 0 takes a free one")
    parser.add_argument("--account", default=DEFAULT_ACCOUNT, help="twelve-digit account number")
    parser.add_argument("--region", default=DEFAULT_REGION, help="region that ARNs name")
    parser.add_argument("--state-file", type=Path, help="file that says where the cloud is, written once it is up")
    return parser


if __name__ == "__main__":
    sys.exit(main())
