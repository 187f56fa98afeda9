"""Site bundles in a bucket: what one machine built, another one uploads."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import zstandard

from tidegate.build.bundle import BundleFile, bundle_digest
from tidegate.build.disk import clear_when_full
from tidegate.errors import BuildError, Moved
from tidegate.execute.bundle import keep_files
from tidegate.ledger.bucket import Bucket
from tidegate.targets.site import SiteBundle, SiteFile

FOLDER = "bundles/"
LISTING = "bundle.json"
FILES = "files/"


class SharedBundles:
    """Bundles below `bundles/` of a bucket, each one object that never changes. All methods may raise `CloudError`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def keep(self, bundle: SiteBundle) -> None:
        """Keep a bundle; nothing happens when it is there.

        Raises:
            Moved: Somebody else was writing it, and nothing came of that.
        """
        key = _key(bundle.digest)
        try:
            self._bucket.put(key, pack(bundle))
        except Moved:
            # Its name says what it holds: it is there, perhaps by an earlier attempt of this very write. But 409 may
            # be answered because of a write that was not done in the end.
            if self._bucket.get(key) is None:
                raise

    def fetch(self, digest: str, store: Path) -> bool:
        """Bring a bundle to this machine; False when the bucket has none of that digest.

        Raises:
            BuildError: What is there is not that bundle.
        """
        key = _key(digest)
        found = self._bucket.get(key)
        if found is None:
            return False
        with clear_when_full("a bundle"):
            unpack(found[0], digest, store, f"{self._bucket.where}/{key}")
        return True


def pack(bundle: SiteBundle) -> bytes:
    """Return a bundle as one file, the same bytes wherever it is packed: a tar, compressed, with a checksum."""
    listing = [
        {"path": file.path, "content_type": file.content_type, "hashed": file.hashed} for file in _sorted(bundle)
    ]
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, LISTING, json.dumps(listing).encode())
        for file in _sorted(bundle):
            _add(tar, FILES + file.path, file.source.read_bytes())
    return zstandard.ZstdCompressor(write_checksum=True).compress(plain.getvalue())


def unpack(body: bytes, digest: str, store: Path, where: str) -> None:
    """Keep what `pack` made on this machine, once it is seen to be the bundle of that digest.

    Raises:
        BuildError: It is not.
    """
    try:
        contents = _contents(zstandard.ZstdDecompressor().decompress(body))
        listing = json.loads(contents.pop(LISTING))
        described = tuple(
            BundleFile(str(item["path"]), "", 0, str(item["content_type"]), bool(item["hashed"])) for item in listing
        )
        files = {path.removeprefix(FILES): content for path, content in contents.items()}
        same = {file.path for file in described} == set(files)
    except (zstandard.ZstdError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise _damaged(digest, where) from error
    if not same or _digest(files) != digest:
        raise _damaged(digest, where)
    keep_files(store, digest, described, lambda path: files[path])


def _digest(files: dict[str, bytes]) -> str:
    hashed = (
        BundleFile(path, hashlib.sha256(content).hexdigest(), len(content), "", hashed=False)
        for path, content in files.items()
    )
    return bundle_digest(tuple(hashed))


def _contents(plain: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
        members = [(member.name, tar.extractfile(member)) for member in tar if member.isfile()]
        return {name: file.read() for name, file in members if file is not None}


def _add(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path)  # owner, group and time are zero
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _sorted(bundle: SiteBundle) -> list[SiteFile]:
    return sorted(bundle.files, key=lambda file: file.path)


def _key(digest: str) -> str:
    return f"{FOLDER}{digest.removeprefix('sha256:')}.tar.zst"


def _damaged(digest: str, where: str) -> BuildError:
    return BuildError(
        f"this is not the site bundle {digest[:19]}: it was changed or is damaged",
        where=where,
        what_next="delete the object and push a change of the site, or run where the site was built",
    )
