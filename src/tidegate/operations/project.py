"""The project that a verb works on: a repository, a ledger, and the cloud that its pipeline names."""

import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.changes.git import Repository
from tidegate.cloud.ports import Cloud
from tidegate.config.load import parse
from tidegate.errors import ConfigError, LedgerError
from tidegate.execute.home import Home
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.sqlite import SqliteStore
from tidegate.ledger.store import Store
from tidegate.model.pipeline import Pipeline
from tidegate.operations.ledger_place import LEDGER_VARIABLE, BucketPlace, ledger_place

if TYPE_CHECKING:
    from tidegate.cloud.aws.ledger_bucket import LedgerBucket
    from tidegate.execute.shared_bundles import SharedBundles

BUNDLE_ATTEMPTS = 5
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
        """The ledger, created when there is none: below the home, or in the bucket that `TIDEGATE_LEDGER` names.

        Raises:
            ConfigError: When the variable names no place for a ledger.
            LedgerError: When it cannot be opened.
        """
        self.home.root.mkdir(parents=True, exist_ok=True)
        place = self.ledger_place()
        store = SqliteStore(self.home.ledger) if place is None else self._bucket_store(place)
        try:
            ledger = Ledger(store, time.time, defers=place is not None)
            try:
                yield ledger
            except BaseException:
                with contextlib.suppress(LedgerError):  # what ended the block is what has to be told
                    ledger.flush()
                raise
            ledger.flush()
        finally:
            store.close()

    def ledger_place(self) -> BucketPlace | None:
        """The bucket that the ledger is in; None when it is the file below the home.

        Raises:
            ConfigError: When `TIDEGATE_LEDGER` names neither.
        """
        return ledger_place(os.environ.get(LEDGER_VARIABLE, ""))

    @contextlib.contextmanager
    def shared_bundles(self) -> Iterator["SharedBundles | None"]:
        """Where machines that share a ledger share site bundles: beside it. None for a ledger below the home.

        Raises:
            ConfigError: As `ledger`.
        """
        place = self.ledger_place()
        if place is None:
            yield None
            return
        from tidegate.execute.shared_bundles import SharedBundles  # noqa: PLC0415 - of no use elsewhere

        with contextlib.closing(self._bucket(place, attempts=BUNDLE_ATTEMPTS)) as bucket:
            yield SharedBundles(bucket)

    def _bucket_store(self, place: BucketPlace) -> Store:
        from tidegate.ledger.s3 import S3Store  # noqa: PLC0415 - of no use elsewhere

        bucket = self._bucket(place, attempts=1)
        try:
            return S3Store(bucket)
        except BaseException:
            bucket.close()
            raise

    def _bucket(self, place: BucketPlace, attempts: int) -> "LedgerBucket":
        """A bucket of the cloud that the pipeline of the checked-out commit names."""
        from tidegate.cloud.aws.ledger_bucket import LedgerBucket  # noqa: PLC0415 - as in `cloud`

        repository = self.repository()
        pipeline = self.pipeline_at(repository, repository.resolve())
        return LedgerBucket(place.bucket, place.prefix, pipeline.region, self.endpoint(pipeline), attempts=attempts)

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
