"""Site bundles on this machine: kept by digest, so that a resumed or a later run need not build again."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tidegate.build.bundle import Bundle, BundleFile
from tidegate.targets.site import SiteBundle, SiteFile


def read_bundle(store: Path, digest: str) -> SiteBundle | None:
    """A kept bundle; None when it is not there whole."""
    folder = store / digest.removeprefix("sha256:")
    try:
        listing = json.loads((folder / "bundle.json").read_bytes())
    except (OSError, ValueError):
        return None
    files = tuple(
        SiteFile(item["path"], folder / "files" / item["path"], item["content_type"], item["hashed"])
        for item in listing
    )
    return SiteBundle(digest, files)


def keep_bundle(store: Path, bundle: Bundle) -> None:
    """Keep a built bundle under its digest; whole or not at all."""
    keep_files(store, bundle.digest, bundle.files, lambda path: (bundle.root / path).read_bytes())


def keep_files(store: Path, digest: str, files: Sequence[BundleFile], content: Callable[[str], bytes]) -> None:
    """Keep files under their bundle's digest, each with its `content` by path; whole or not at all."""
    folder = store / digest.removeprefix("sha256:")
    if (folder / "bundle.json").exists():
        return
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store) as scratch:
        draft = Path(scratch) / "bundle"
        listing = []
        for file in files:
            place = draft / "files" / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content(file.path))
            listing.append({"path": file.path, "content_type": file.content_type, "hashed": file.hashed})
        (draft / "bundle.json").write_text(json.dumps(listing), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(draft, folder)  # noqa: PTH105 - the atomic rename is the point
