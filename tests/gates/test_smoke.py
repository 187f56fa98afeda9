import base64
import json

import pytest

from tidegate.gates.smoke import http_request, judge_answer
from tidegate.model.pipeline import Expectation
from tidegate.model.release import Artifact
from tidegate.model.verdict import Verdict

ARTIFACT = Artifact("backend", f"sha256:{'b' * 64}", "c0ffee", "repository")


def http(status: object, body: object, **more: object) -> dict[str, object]:
    return {"statusCode": status, "body": body if isinstance(body, str) else json.dumps(body), **more}


def judged(expect: Expectation, payload: object, error: str = "") -> tuple[Verdict, str]:
    measured = judge_answer("api", expect, ARTIFACT, payload, error)
    assert measured.name == "api"
    return measured.verdict, measured.detail


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        pytest.param({}, {"a": 1}, id="an empty object"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, id="more keys"),
        pytest.param({"a": {"b": "x"}}, {"a": {"b": "x", "c": 0}}, id="nested"),
        pytest.param([{"t": "NVDA"}], [{"t": "NVDA", "n": 1}], id="more keys in a list"),
        pytest.param([], [], id="an empty list"),
        pytest.param({"a": None}, {"a": None}, id="null"),
        pytest.param("text", "text", id="a string"),
        pytest.param(1, 1.0, id="a number in another notation"),
        pytest.param({"c": "<release.commit>"}, {"c": "c0ffee"}, id="the commit under test"),
        pytest.param([{"d": "<release.digest>"}], [{"d": ARTIFACT.digest}], id="the digest under test"),
    ],
)
def test_what_contains_the_expectation(expected: object, found: object) -> None:
    assert judged(Expectation(json=expected), found) == (Verdict.SUCCESSFUL, "as expected")
    assert judged(Expectation(200, expected), http(200, found)) == (Verdict.SUCCESSFUL, "as expected")


@pytest.mark.parametrize(
    ("expected", "found", "detail"),
    [
        pytest.param({"a": 1}, {"a": 2}, "$.a: expected 1, found 2", id="another value"),
        pytest.param({"a": 1}, {"b": 1}, "$.a: expected 1, found nothing", id="no such key"),
        pytest.param({"a": None}, {}, "$.a: expected null, found nothing", id="null is not absence"),
        pytest.param({"a": {"b": 1}}, {"a": "x"}, "$.a: expected an object, found x", id="not an object"),
        pytest.param([1, 2], [1], "$: expected 2 items, found 1: [1]", id="a list too short"),
        pytest.param([1], [1, 2], "$: expected 1 items, found 2: [1, 2]", id="a list too long"),
        pytest.param([1], {"0": 1}, '$: expected [1], found {"0": 1}', id="not a list"),
        pytest.param([1, 2], [1, 3], "$[1]: expected 2, found 3", id="another item"),
        pytest.param(
            {"f": []}, {"f": ["m1"]}, '$.f: expected 0 items, found 1: ["m1"]', id="an empty list means empty"
        ),
        pytest.param(True, 1, "$: expected true, found 1", id="one is not true"),
        pytest.param(0, False, "$: expected 0, found false", id="false is not zero"),
        pytest.param("1", 1, "$: expected 1, found 1", id="a string is not a number"),
        pytest.param(
            {"d": "<release.digest>"},
            {"d": "sha256:old"},
            f"$.d: expected {ARTIFACT.digest}, found sha256:old",
            id="another artifact answers",
        ),
    ],
)
def test_what_does_not(expected: object, found: object, detail: str) -> None:
    assert judged(Expectation(json=expected), found) == (Verdict.FAILED, detail)


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        pytest.param(http(500, "oops"), "expected status 200, found 500: oops", id="another status"),
        pytest.param(http("200", {}), "expected status 200, found 200: {}", id="a status that is text"),
        pytest.param({"body": "{}"}, 'expected an HTTP response, found {"body": "{}"}', id="no status"),
        pytest.param(None, "expected an HTTP response, found null", id="nothing"),
        pytest.param(["x"], 'expected an HTTP response, found ["x"]', id="a list"),
        pytest.param(http(200, "<html>"), "$: expected an object, found <html>", id="not JSON"),
        pytest.param({"statusCode": 200}, "$: expected an object, found ", id="no body"),
        pytest.param(
            http(200, "{}", isBase64Encoded=True), "$: expected an object, found {}", id="not the base64 it claims"
        ),
    ],
)
def test_http_answers_that_fail(payload: object, detail: str) -> None:
    assert judged(Expectation(200, {"a": 1}), payload) == (Verdict.FAILED, detail)


def test_a_status_alone_is_enough() -> None:
    assert judged(Expectation(204), {"statusCode": 204})[0] is Verdict.SUCCESSFUL


def test_a_base64_body_is_decoded() -> None:
    body = base64.b64encode(json.dumps({"name": "ทดสอบ"}).encode()).decode()
    answer = http(200, body, isBase64Encoded=True)
    assert judged(Expectation(200, {"name": "ทดสอบ"}), answer)[0] is Verdict.SUCCESSFUL
    assert judged(Expectation(200, {"name": "x"}), answer) == (Verdict.FAILED, "$.name: expected x, found ทดสอบ")


def test_a_body_that_is_no_text_fails() -> None:
    body = base64.b64encode(b"\xff\xfe").decode()
    assert judged(Expectation(200, {"a": 1}), http(200, body, isBase64Encoded=True))[0] is Verdict.FAILED


def test_a_handler_that_raises_fails_whatever_it_said() -> None:
    verdict, detail = judged(Expectation(json={}), {"errorMessage": "no such ticker"}, "Unhandled")
    assert (verdict, detail) == (Verdict.FAILED, 'the handler failed: {"errorMessage": "no such ticker"}')


def test_expecting_nothing_is_inconclusive() -> None:
    assert judged(Expectation(), {"a": 1})[0] is Verdict.INCONCLUSIVE


def test_long_answers_are_cut() -> None:
    assert len(judged(Expectation(json={"a": 1}), "x" * 5000)[1]) < 400


@pytest.mark.parametrize(
    ("path", "raw_path", "query", "parameters"),
    [
        ("/api/v1/health", "/api/v1/health", "", None),
        ("/search?q=NVDA", "/search", "q=NVDA", {"q": "NVDA"}),
        ("/search?q=S%26P%20500&empty=", "/search", "q=S%26P%20500&empty=", {"q": "S&P 500", "empty": ""}),
        ("/search?t=A&t=B", "/search", "t=A&t=B", {"t": "A,B"}),
    ],
)
def test_http_request(path: str, raw_path: str, query: str, parameters: dict[str, str] | None) -> None:
    event = http_request(path)
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", raw_path, query)
    assert event.get("queryStringParameters") == parameters
    context = event["requestContext"]
    assert isinstance(context, dict)
    assert (context["http"]["method"], context["http"]["path"]) == ("GET", raw_path)
    assert json.loads(json.dumps(event)) == event
