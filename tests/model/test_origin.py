import pytest

from tidegate.model.origin import GithubOrigin


@pytest.mark.parametrize("text", ["github:acme/daily-report:1", "github:a-b/c.d_e:9876543210"])
def test_a_workflow_run_is_told_by_its_text(text: str) -> None:
    origin = GithubOrigin.of(text)
    assert origin
    assert str(origin) == text


@pytest.mark.parametrize(
    "text",
    ["", "github:1", "github:acme/shop:", "github:acme/shop:01", "github:acme:1", "github:a/b:1:2", "host:a/b:1"],
)
def test_anything_else_is_none(text: str) -> None:
    assert GithubOrigin.of(text) is None
