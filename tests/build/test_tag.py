import pytest

from tidegate.build.tag import image_tag


@pytest.mark.parametrize(
    ("commit", "seconds", "tag"),
    [("abc1234def", 0.0, "sha-abc1234-19700101-000000"), ("0123456789", 1765290622.9, "sha-0123456-20251209-143022")],
)
def test_tags(commit: str, seconds: float, tag: str) -> None:
    assert image_tag(commit, seconds) == tag
