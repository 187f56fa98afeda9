"""Where Tidegate keeps its files: one folder, `.tidegate` by default, that may be deleted when no run is under way.

The ledger in it is the exception: it is the record of what is live and of the way back.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of the folder."""

    root: Path

    @property
    def ledger(self) -> Path:
        """The SQLite ledger."""
        return self.root / "ledger.db"

    @property
    def cloud(self) -> Path:
        """Blobs and unpacked images of the embedded cloud."""
        return self.root / "cloud"

    @property
    def cloud_state(self) -> Path:
        """How to reach the embedded cloud that is up: endpoint, registry, process id."""
        return self.root / "cloud.json"

    @property
    def cache(self) -> Path:
        """Layers, npm packages and Python environments, each by its key."""
        return self.root / "cache"

    @property
    def bundles(self) -> Path:
        """Built sites, by digest."""
        return self.root / "bundles"

    def environment(self, name: str) -> Path:
        """Settings of an environment: what GitHub keeps as its secrets."""
        return self.root / "environments" / f"{name}.env"

    def source(self, commit: str) -> Path:
        """The checked-out tree of a commit."""
        return self.root / "source" / commit

    def log(self, run: str, job: str) -> Path:
        """The log of a job."""
        return self.root / "runs" / run / f"{job}.log"

    def reports(self, run: str, job: str) -> Path:
        """Test reports and screenshots of a job."""
        return self.root / "runs" / run / job
