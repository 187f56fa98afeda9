"""Machine: what a run asks of the computer that it walks on, behind one port.

Commands, builds, kept bundles and logs are foreign as the cloud is: tests and the simulation put another machine here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tidegate.cloud.ports import RegistryAccess
from tidegate.gates.command import TestReport
from tidegate.model.pipeline import ImageSpec, SiteSpec
from tidegate.model.release import Artifact
from tidegate.process import Ended
from tidegate.targets.site import SiteBundle

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a gate.

    Attributes:
        text: For `sh -e -c`.
        source: The tree that it runs in.
        env: Its whole environment, see `Machine.python`.
        timeout_seconds: When it and all that it started are ended.
    """

    text: str
    source: Path
    env: Mapping[str, str]
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Shard:
    """One share of the tests of a pair.

    Attributes:
        url: Where the pair's site is.
        run: The run, and `job` its job, that the reports belong to.
        folder: Where among the job's reports they go.
        number: From 1 on.
        total: How many shards there are.
    """

    url: str
    run: str
    job: str
    folder: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class ImageOrder:
    """Images to build from a commit, and the registry that they are pushed to."""

    specs: Sequence[ImageSpec]
    source: Path
    commit: str
    access: RegistryAccess
    embedded: bool


class Machine(Protocol):
    """The computer that a run walks on. All methods may raise `errors.Failure`."""

    def log(self, run: str, job: str) -> Log:
        """A function that appends a line to a job's log."""

    async def python(self, source: Path, requirements: Sequence[str], log: Log) -> Mapping[str, str]:
        """The environment under which a command finds the packages of requirement files first."""

    async def command(self, command: Command, log: Log) -> Ended:
        """Run a command; nothing of it outlives the call."""

    async def tests(self, command: Command, shard: Shard, log: Log) -> tuple[Ended, TestReport | None]:
        """Run a shard of tests; the report is None when the command left none that can be read."""

    async def images(self, order: ImageOrder, log: Log) -> list[Artifact]:
        """Build and push images, side by side."""

    async def site(self, spec: SiteSpec, source: Path, commit: str, log: Log) -> Artifact:
        """Build the site and keep its bundle."""

    def bundle(self, digest: str) -> SiteBundle | None:
        """A kept bundle; None when it is not there whole."""

    def page(self, digest: str) -> bytes | None:
        """The first page of a kept bundle; None when there is none."""
