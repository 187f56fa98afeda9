"""The function that Tidegate ships, run by the engine that edges use."""

import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegate
from tidegate.localcloud.cloudfront.engine import StoreView, invoke

FUNCTION = Path(tidegate.__file__).parent / "targets" / "viewer_request.js"
CODE = FUNCTION.read_text()
POINTER = {"release": "releases/0a1b2c", "runtime": "runtime/app.json"}


def run(uri: str, pairs: dict[str, str]) -> Any:
    event = {
        "version": "1.0",
        "request": {"method": "GET", "uri": uri, "querystring": {}, "headers": {}, "cookies": {}},
    }
    return invoke(CODE, event, StoreView("store", pairs)).value


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/", "/releases/0a1b2c/index.html"),
        ("/search", "/releases/0a1b2c/index.html"),
        ("/report/NVDA", "/releases/0a1b2c/index.html"),
        ("/report/v1.2/", "/releases/0a1b2c/index.html"),
        ("/a.b/c", "/releases/0a1b2c/index.html"),
        ("/index.html", "/releases/0a1b2c/index.html"),
        ("/favicon.ico", "/releases/0a1b2c/favicon.ico"),
        ("/img/a%20b.png", "/releases/0a1b2c/img/a%20b.png"),
        ("/caf%C3%A9.html", "/releases/0a1b2c/caf%C3%A9.html"),
        ("/page%2Ehtml", "/releases/0a1b2c/page%2Ehtml"),
        ("/assets/index-abc123.js", "/assets/index-abc123.js"),
        ("/assets/fonts/a.woff2", "/assets/fonts/a.woff2"),
        ("/assets", "/releases/0a1b2c/index.html"),
        ("/assetsx/a.js", "/releases/0a1b2c/assetsx/a.js"),
        ("/Assets/a.js", "/releases/0a1b2c/Assets/a.js"),
        ("/runtime.json", "/runtime/app.json"),
        ("/sub/runtime.json", "/releases/0a1b2c/sub/runtime.json"),
        ("/..a/b.js", "/releases/0a1b2c/..a/b.js"),
    ],
)
def test_paths_of_a_site(uri: str, expected: str) -> None:
    assert run(uri, POINTER)["uri"] == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/releases/other/index.html", "/releases/0a1b2c/releases/other/index.html"),
        ("/releases/other", "/releases/0a1b2c/index.html"),
        ("/%72eleases/other/index.html", "/releases/0a1b2c/%72eleases/other/index.html"),
        ("//releases/other/index.html", "/releases/0a1b2c//releases/other/index.html"),
        ("/runtime/app.json", "/releases/0a1b2c/runtime/app.json"),
        ("/runtime/test.json", "/releases/0a1b2c/runtime/test.json"),
        ("/%61ssets/a.js", "/releases/0a1b2c/%61ssets/a.js"),
        ("/%252e%252e/x.js", "/releases/0a1b2c/%252e%252e/x.js"),
    ],
)
def test_no_path_leaves_the_release(uri: str, expected: str) -> None:
    assert run(uri, POINTER)["uri"] == expected


@pytest.mark.parametrize(
    "uri",
    [
        "/../releases/other/index.html",
        "/assets/../releases/other/index.html",
        "/assets/./a.js",
        "/assets/%2e%2e/releases/other/index.html",
        "/assets/.%2E/a.js",
        "/assets%2f..%2freleases/other/index.html",
        "/assets/..%2Freleases/other/index.html",
        "/assets/..%5creleases/a.js",
        "/a\\b.js",
        "/a%00.js",
        "/a%0d%0ab.js",
        "/%zz.js",
        "/%ff.js",
        "/assets/..",
        "/.",
    ],
)
def test_tricks_are_refused(uri: str) -> None:
    answer = run(uri, POINTER)
    assert answer["statusCode"] == 400
    assert answer["headers"]["cache-control"] == {"value": "no-store"}


@pytest.mark.parametrize(
    ("uri", "pairs"),
    [
        ("/", {}),
        ("/", {"runtime": "runtime/app.json"}),
        ("/runtime.json", {"release": "releases/0a1b2c"}),
        ("/", {"release": ""}),
        ("/", {"release": "releases/../other"}),
        ("/", {"release": "/releases/a"}),
        ("/", {"release": "releases/a/"}),
    ],
)
def test_without_a_pointer_nothing_is_served(uri: str, pairs: dict[str, str]) -> None:
    answer = run(uri, pairs)
    assert answer["statusCode"] == 503
    assert answer["headers"]["cache-control"] == {"value": "no-store"}
    assert "No release" in answer["body"]["data"]


@given(
    st.lists(
        st.sampled_from(
            ["/", ".", "..", "%2e", "%2F", "%5c", "\\", "a", "assets", "releases", "runtime.json", "%", "é"]
        )
    )
)
@settings(max_examples=300, deadline=None)
def test_no_combination_of_pieces_leaves_the_release(pieces: list[str]) -> None:
    value = run("/" + "".join(pieces), POINTER)
    if "statusCode" in value:
        assert value["statusCode"] == 400
        return
    key = unquote(value["uri"])
    assert key.startswith((f"/{POINTER['release']}/", "/assets/")) or key == f"/{POINTER['runtime']}"
    # Whoever normalizes the path on its way ends in the same place.
    assert posixpath.normpath(key).startswith(("/releases/0a1b2c", "/assets", "/runtime/app.json"))
    assert not {".", ".."} & set(key.split("/"))


def test_assets_need_no_pointer() -> None:
    assert run("/assets/a.js", {})["uri"] == "/assets/a.js"


def test_the_rest_of_the_request_is_kept() -> None:
    event = {
        "request": {"method": "HEAD", "uri": "/", "querystring": {"q": {"value": "NVDA"}}, "headers": {}, "cookies": {}}
    }
    value = invoke(CODE, event, StoreView("store", POINTER)).value
    assert value["method"] == "HEAD"
    assert value["querystring"] == {"q": {"value": "NVDA"}}


def test_it_fits_the_quota_and_names_no_store() -> None:
    assert len(CODE.encode()) < 10 * 1024
    assert "cf.kvs()" in CODE
