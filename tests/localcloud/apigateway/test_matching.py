import pytest

from tidegate.localcloud.apigateway.matching import find_route, find_stage
from tidegate.localcloud.apigateway.resources import Route, Stage


@pytest.mark.parametrize(
    ("keys", "method", "path", "key", "parameters"),
    [
        (["GET /a", "$default"], "GET", "/a", "GET /a", {}),
        (["GET /a", "$default"], "POST", "/a", "$default", {}),
        (["ANY /a", "GET /a"], "GET", "/a", "GET /a", {}),
        (["ANY /{proxy+}", "GET /a/{b}"], "GET", "/a/1", "GET /a/{b}", {"b": "1"}),
        (["ANY /{proxy+}", "GET /a/{b}"], "GET", "/a/1/2", "ANY /{proxy+}", {"proxy": "a/1/2"}),
        (["GET /a/{b}", "GET /a/b"], "GET", "/a/b", "GET /a/b", {}),
        (["GET /{a}/b", "GET /a/{b}"], "GET", "/a/b", "GET /a/{b}", {"b": "b"}),
        (["GET /a/{rest+}", "GET /{rest+}"], "GET", "/a/b/c", "GET /a/{rest+}", {"rest": "b/c"}),
        (["GET /{rest+}"], "GET", "/", None, {}),
        (["GET /"], "GET", "/", "GET /", {}),
        (["GET /a"], "GET", "/a/", None, {}),
        (["GET /a"], "GET", "/b", None, {}),
        ([], "GET", "/a", None, {}),
    ],
)
def test_the_route_of_a_request(
    keys: list[str], method: str, path: str, key: str | None, parameters: dict[str, str]
) -> None:
    for order in (keys, keys[::-1]):
        found = find_route([Route(key, key) for key in order], method, path)
        assert (None if found is None else found.route.key) == key
        assert found is None or dict(found.parameters) == parameters


@pytest.mark.parametrize(
    ("names", "path", "expected"),
    [
        (["$default"], "/a/b", ("$default", "/a/b")),
        (["$default", "test"], "/test/b", ("test", "/b")),
        (["$default", "test"], "/test", ("test", "/")),
        (["$default", "test"], "/testing/b", ("$default", "/testing/b")),
        (["test"], "/test/b", ("test", "/b")),
        (["test"], "/b", None),
        ([], "/", None),
        (["$default"], "/$default/b", ("$default", "/$default/b")),
    ],
)
def test_the_stage_of_a_request(names: list[str], path: str, expected: tuple[str, str] | None) -> None:
    found = find_stage({name: Stage(name, 0.0, 0.0) for name in names}, path)
    assert (None if found is None else (found[0].name, found[1])) == expected
