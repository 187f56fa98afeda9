import pytest

from tidegate.localcloud.ecr.names import ImageReference, is_repository, is_tag, parse_image_uri

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("127.0.0.1:5000/app:one", ImageReference("127.0.0.1:5000", "app", "one", None)),
        (f"h/team/app@{DIGEST}", ImageReference("h", "team/app", None, DIGEST)),
        (f"h/app:tag@{DIGEST}", ImageReference("h", "app", None, DIGEST)),
        ("h/app", ImageReference("h", "app", "latest", None)),
        ("app:one", None),
        ("h/App:one", None),
        ("h/app:", None),
        ("h/app@sha256:1", None),
        ("h/../app:x", None),
        ("", None),
    ],
)
def test_image_uris(uri: str, expected: ImageReference | None) -> None:
    assert parse_image_uri(uri) == expected


@pytest.mark.parametrize(("name", "good"), [("a-b/c_d.e", True), ("a", False), ("a//b", False), ("-a", False)])
def test_repository_names(name: str, good: bool) -> None:
    assert is_repository(name) is good


@pytest.mark.parametrize(("tag", "good"), [("v1.0_x-y", True), (".x", False), ("", False), ("x" * 129, False)])
def test_tags(tag: str, good: bool) -> None:
    assert is_tag(tag) is good
