"""The project that a verb works on: a repository, a ledger, and the cloud that its pipeline names."""

import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tidegate.changes.git import Repository
from tidegate.cloud.ports import Cloud
from tidegate.config.load import parse
from tidegate.errors import ConfigError
from tidegate.execute.home import Home
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.sqlite import SqliteStore
from tidegate.model.pipeline import Pipeline

CLOUD_VARIABLE = "TIDEGATE_CLOUD"


@dataclass(frozen=True, slots=True)
class Project:
    """What the command line's common options name.

    Attributes:
        folder: A folder in the repository, or a bare repository.
        home: Where Tidegate keeps its files.
        file: Path of the pipeline file below the repository's root.
    """

    folder: Path
    home: Home
    file: str = "tidegate.yaml"

    def repository(self) -> Repository:
        """The git repository.

        Raises:
            SourceError: When the folder is in none.
        """
        return Repository.open(self.folder)

    def pipeline_at(self, repository: Repository, commit: str) -> Pipeline:
        """The pipeline as a commit declares it.

        Raises:
            ConfigError: When the commit has no such file, or the file is wrong.
        """
        text = repository.read(commit, self.file)
        if text is None:
            raise ConfigError(
                f"commit {commit[:12]} has no {self.file}",
                where=repository.where,
                what_next="`tidegate init` writes one; commit it",
            )
        return parse(text, f"{self.file}@{commit[:12]}")

    @contextlib.contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, created when there is none."""
        self.home.root.mkdir(parents=True, exist_ok=True)
        store = SqliteStore(self.home.ledger)
        try:
            yield Ledger(store, time.time)
        finally:
            store.close()

    @contextlib.asynccontextmanager
    async def cloud(self, pipeline: Pipeline) -> AsyncIterator[Cloud]:
        """The cloud that the pipeline names, or `TIDEGATE_CLOUD` in its place.

        Raises:
            ConfigError: When the embedded cloud is meant and is not up.
            CloudError: When it does not answer.
        """
        # boto3 takes 0.2 s to import, which a verb that needs no cloud does not pay.
        from tidegate.cloud.aws.connect import open_cloud  # noqa: PLC0415

        async with open_cloud(pipeline.region, self.endpoint(pipeline)) as cloud:
            yield cloud

    def endpoint(self, pipeline: Pipeline) -> str | None:
        """The endpoint URL to use; None for AWS itself."""
        name = os.environ.get(CLOUD_VARIABLE) or pipeline.cloud
        if name == "aws":
            return None
        if name != "embedded":
            return name
        try:
            return str(json.loads(self.home.cloud_state.read_bytes())["endpoint"])
        except (OSError, ValueError, KeyError) as absent:
            raise ConfigError(
                "the embedded cloud is not up",
                where=str(self.home.cloud_state),
                what_next="`tidegate cloud up` in another terminal, then again",
            ) from absent
