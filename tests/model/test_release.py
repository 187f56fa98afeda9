"""What makes two releases the same."""

from dataclasses import replace

import pytest

from tidegate.model.release import Artifact, Release, SchemaRevision

IMAGE = Artifact("backend", "sha256:a", "c0", "shop", "t1")
RELEASE = Release("r1", "c0", "1", 5.0, {"backend": IMAGE}, None, "configured")
SCHEMA = SchemaRevision("c0", "sha256:m", "sha256:e", "1a", ("c1",))


def test_a_release_without_a_database_keeps_the_hash_that_ledgers_hold() -> None:
    assert RELEASE.content_hash() == "4a323ba50847f8a3e7ab065b7059f3a867eef8e7bd6795f598a77db6980b1af0"


@pytest.mark.parametrize(
    ("schema", "same"),
    [
        pytest.param(SCHEMA, True, id="the very same"),
        pytest.param(replace(SCHEMA, commit="c9"), True, id="read from another commit"),
        pytest.param(replace(SCHEMA, migrations="sha256:n"), False, id="other migrations"),
        pytest.param(replace(SCHEMA, expectation="sha256:f"), False, id="the code expects something else"),
        pytest.param(None, False, id="none"),
    ],
)
def test_the_schema_is_a_part_of_the_release(schema: SchemaRevision | None, *, same: bool) -> None:
    assert replace(RELEASE, schema=SCHEMA).same_content(replace(RELEASE, id="r2", schema=schema)) is same
