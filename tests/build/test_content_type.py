import pytest

from tidegate.build.content_type import content_type, is_hashed


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("assets/a.JS", "text/javascript; charset=utf-8"),
        ("a.b/c.css", "text/css; charset=utf-8"),
        ("app.js.map", "application/json"),
        ("LICENSE", "application/octet-stream"),
        (".well-known/x.json", "application/json"),
    ],
)
def test_content_types(path: str, expected: str) -> None:
    assert content_type(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("assets/index-DiwrgTda.js", True),
        ("assets/index-B0erp4Ef.css", True),
        ("static/js/main.3f2a1b4c.js", True),
        ("static/js/main.3f2a1b4c.js.map", True),
        ("assets/font-a1b2c3d4e5f6.woff2", True),
        ("index-DiwrgTda.js", False),
        ("assets/index.js", False),
        ("assets/apple-touchicon.png", False),
        ("assets/photo-20240101.jpg", False),
        ("assets/my-Homepage.html", False),
        ("assets/a-short1.js", False),
    ],
)
def test_what_has_a_hash_in_its_name(path: str, expected: bool) -> None:
    assert is_hashed(path) is expected
