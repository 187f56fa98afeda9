import pytest

from tidegate.build.reference import is_loopback, parse_reference
from tidegate.errors import BuildError

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "url", "repository", "wanted"),
    [
        ("public.ecr.aws/lambda/python:3.11", "https://public.ecr.aws", "lambda/python", "3.11"),
        ("127.0.0.1:5000/app", "http://127.0.0.1:5000", "app", "latest"),
        ("localhost:1/app:x", "http://localhost:1", "app", "x"),
        ("python:3.11-slim", "https://registry-1.docker.io", "library/python", "3.11-slim"),
        ("team/app", "https://registry-1.docker.io", "team/app", "latest"),
        (f"h.io/a/b:1@{DIGEST}", "https://h.io", "a/b", DIGEST),
        (f"h.io/a@{DIGEST}", "https://h.io", "a", DIGEST),
    ],
)
def test_image_names(text: str, url: str, repository: str, wanted: str) -> None:
    reference = parse_reference(text)
    assert (reference.url, reference.repository, reference.wanted) == (url, repository, wanted)


@pytest.mark.parametrize("text", ["", "UPPER", "h.io/a@", "h.io/a@sha256:1", "h.io/a:b:c", "h.io/../a"])
def test_what_is_no_image_name(text: str) -> None:
    with pytest.raises(BuildError, match="not an image name"):
        parse_reference(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:5000", True),
        ("127.9.9.9", True),
        ("localhost:80", True),
        ("[::1]:5000", True),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", False),
        ("127.0.0.1.example.com", False),
        ("10.0.0.1:5000", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
