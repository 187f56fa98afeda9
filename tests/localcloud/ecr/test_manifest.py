import json
from typing import Any

import pytest

from tidegate.localcloud.ecr.manifest import DOCKER_MANIFEST, OCI_MANIFEST, ManifestInvalid, parse_manifest

BLOB = {"mediaType": "x/y", "digest": "sha256:" + "a" * 64, "size": 3}
GOOD: dict[str, Any] = {"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": BLOB, "layers": [BLOB, BLOB]}


def test_a_manifest_knows_its_blobs_and_size() -> None:
    manifest = parse_manifest(json.dumps(GOOD).encode(), DOCKER_MANIFEST + "; charset=utf-8")
    assert len(manifest.blobs) == 3
    assert manifest.size == 9
    assert manifest.media_type == DOCKER_MANIFEST


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ({"schemaVersion": "2"}, None, "schemaVersion"),
        ({"config": None}, None, "config"),
        ({"config": {**BLOB, "digest": "md5:1"}}, None, "config.digest"),
        ({"layers": {}}, None, "layers"),
        ({"layers": [{**BLOB, "size": -1}]}, None, r"layers\[0\].size"),
        ({"layers": [{**BLOB, "size": True}]}, None, r"layers\[0\].size"),
        ({"layers": [{**BLOB, "mediaType": 1}]}, None, r"layers\[0\].mediaType"),
        ({"mediaType": 5}, None, "mediaType"),
        ({"mediaType": None}, None, "media type None"),
        ({}, OCI_MANIFEST, "is not the Content-Type"),
    ],
)
def test_a_broken_manifest_says_where(change: dict[str, Any], kind: str | None, reason: str) -> None:
    with pytest.raises(ManifestInvalid, match=reason):
        parse_manifest(json.dumps({**GOOD, **change}).encode(), kind)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ManifestInvalid):
        parse_manifest(b"[" * 100_000, DOCKER_MANIFEST)
