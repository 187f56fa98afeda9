"""A site bundle on its way from the machine that built it to one that uploads it."""

import hashlib
from pathlib import Path

import pytest

from tests.folder_bucket import FaultyBucket, FolderBucket
from tidegate.build.bundle import Bundle, BundleFile, bundle_digest
from tidegate.errors import BuildError, Failure, Moved
from tidegate.execute.bundle import keep_bundle, read_bundle
from tidegate.execute.home import Home
from tidegate.execute.local_machine import LocalMachine
from tidegate.execute.shared_bundles import SharedBundles, pack
from tidegate.targets.site import SiteBundle

FILES = {"index.html": b"<html>", "assets/app-DiwrgTda.js": b"1", "assets/ü b.txt": b"", "big.bin": bytes(300_000)}


def built(folder: Path, files: dict[str, bytes]) -> SiteBundle:
    """A bundle as `build_bundle` leaves it, kept on a machine."""
    described = []
    for path, content in files.items():
        (folder / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "out" / path).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        described.append(BundleFile(path, digest, len(content), f"text/{path[-3:]}", path.startswith("assets/app")))
    bundle = Bundle(bundle_digest(tuple(described)), folder / "out", tuple(described))
    keep_bundle(Home(folder).bundles, bundle)
    kept = read_bundle(Home(folder).bundles, bundle.digest)
    assert kept
    return kept


def told(bundle: SiteBundle) -> set[tuple[str, bytes, str, bool]]:
    return {(file.path, file.source.read_bytes(), file.content_type, file.hashed) for file in bundle.files}


@pytest.fixture
def bucket(tmp_path: Path) -> FolderBucket:
    return FolderBucket(tmp_path / "bucket")


def test_another_machine_has_the_bundle_with_all_that_is_known_of_its_files(
    tmp_path: Path, bucket: FolderBucket
) -> None:
    bundle = built(tmp_path / "one", FILES)
    SharedBundles(bucket).keep(bundle)
    other = LocalMachine(Home(tmp_path / "other"), shared=SharedBundles(bucket))
    fetched = other.bundle(bundle.digest)
    assert fetched
    assert told(fetched) == told(bundle)
    assert other.page(bundle.digest) == b"<html>"
    assert len(bucket.gets) == 1, "what was fetched is kept on the machine"


def test_a_bundle_that_is_there_is_not_written_again(tmp_path: Path, bucket: FolderBucket) -> None:
    bundle = built(tmp_path / "one", FILES)
    for _ in range(2):
        SharedBundles(bucket).keep(bundle)
    (key,) = bucket.keys("")
    assert key == f"bundles/{bundle.digest.removeprefix('sha256:')}.tar.zst"


def test_a_bundle_of_whose_writing_nothing_came_is_not_taken_for_kept(tmp_path: Path) -> None:
    def busy(_: object) -> str:
        raise Moved("try again", code="ConditionalRequestConflict")

    bundle = built(tmp_path / "one", FILES)
    bucket = FaultyBucket(tmp_path / "bucket")
    bucket.faults = [busy]
    with pytest.raises(Moved):
        SharedBundles(bucket).keep(bundle)
    SharedBundles(bucket).keep(bundle)
    assert len(bucket.keys("bundles/")) == 1


def test_a_bundle_is_packed_to_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    there = built(tmp_path / "one", FILES)
    back = built(tmp_path / "two", dict(reversed(FILES.items())))
    assert pack(there) == pack(back)


def test_a_bundle_that_nobody_kept_is_not_there(tmp_path: Path, bucket: FolderBucket) -> None:
    assert LocalMachine(Home(tmp_path), shared=SharedBundles(bucket)).bundle(f"sha256:{'0' * 64}") is None


def test_another_bundle_under_its_name_is_refused(tmp_path: Path, bucket: FolderBucket) -> None:
    bundle, other = built(tmp_path / "one", FILES), built(tmp_path / "two", {**FILES, "index.html": b"<evil>"})
    SharedBundles(bucket).keep(bundle)
    (key,) = bucket.keys("")
    bucket.overwrite(key, pack(other))
    with pytest.raises(BuildError, match="not the site bundle") as refused:
        LocalMachine(Home(tmp_path / "three"), shared=SharedBundles(bucket)).bundle(bundle.digest)
    assert refused.value.where.endswith(key)
    assert not Home(tmp_path / "three").bundles.exists()


def test_any_damage_of_its_bytes_is_refused(tmp_path: Path, bucket: FolderBucket) -> None:
    bundle = built(tmp_path / "one", FILES)
    whole = pack(bundle)
    SharedBundles(bucket).keep(bundle)
    (key,) = bucket.keys("")
    for place in range(0, len(whole), 7):
        harmed = bytearray(whole)
        harmed[place] ^= 0x10
        bucket.overwrite(key, bytes(harmed))
        with pytest.raises(Failure):
            SharedBundles(bucket).fetch(bundle.digest, tmp_path / "store")
    bucket.overwrite(key, whole[: len(whole) // 2])
    with pytest.raises(BuildError):
        SharedBundles(bucket).fetch(bundle.digest, tmp_path / "store")
    assert not (tmp_path / "store").exists()
