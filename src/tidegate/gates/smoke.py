"""Smoke tests: what a candidate answered against what it must answer."""

import base64
import json
from typing import cast
from urllib.parse import parse_qsl

from tidegate.model.pipeline import Expectation
from tidegate.model.release import Artifact
from tidegate.model.verdict import Measurement, Verdict

CANDIDATE = "candidate"


def judge_answer(
    name: str, expect: Expectation, artifact: Artifact, payload: object, error: str, qualifier: str = CANDIDATE
) -> Measurement:
    """Judge one answer.

    Args:
        name: Name of the measurement.
        expect: What the answer must be. An expectation of nothing at all is Inconclusive.
        artifact: The artifact under test; stands behind `<release.commit>` and `<release.digest>`.
        payload: What the function returned: an API Gateway v2 response when a status is expected, else any JSON.
        error: Lambda's FunctionError; empty when the handler returned.
        qualifier: The alias or version that was asked; stands behind `<qualifier>`.
    """
    if error:
        return Measurement(name, Verdict.FAILED, f"the handler failed: {_short(payload)}")
    if expect.status is None and expect.json is None:
        return Measurement(name, Verdict.INCONCLUSIVE, "nothing is expected of the answer, so it proves nothing")
    body: object = payload
    if expect.status is not None:
        if not isinstance(payload, dict) or "statusCode" not in payload:
            return Measurement(name, Verdict.FAILED, f"expected an HTTP response, found {_short(payload)}")
        if payload["statusCode"] != expect.status:
            found = f"{payload['statusCode']}: {_short(payload.get('body'))}"
            return Measurement(name, Verdict.FAILED, f"expected status {expect.status}, found {found}")
        body = _decoded(payload)
    difference = _difference(_filled(expect.json, artifact, qualifier), body, "$") if expect.json is not None else ""
    if difference:
        return Measurement(name, Verdict.FAILED, difference)
    return Measurement(name, Verdict.SUCCESSFUL, "as expected")


def http_request(path: str) -> dict[str, object]:
    """An API Gateway v2 event of a GET request.

    Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0.
    """
    raw_path, _, query = path.partition("?")
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": f"GET {raw_path}",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {"accept": "application/json", "host": "smoke.tidegate"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "smoke",
            "domainName": "smoke.tidegate",
            "domainPrefix": "smoke",
            "http": {
                "method": "GET",
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "tidegate-smoke",
            },
            "requestId": "smoke",
            "routeKey": f"GET {raw_path}",
            "stage": "$default",
            "time": "01/Jan/1970:00:00:00 +0000",
            "timeEpoch": 0,
        },
        "isBase64Encoded": False,
    }
    if parameters:
        event["queryStringParameters"] = parameters
    return event


def _decoded(response: dict[str, object]) -> object:
    body = response.get("body") or ""
    if not isinstance(body, str):
        return body
    try:
        content = base64.b64decode(body, validate=True) if response.get("isBase64Encoded") else body
        return cast("object", json.loads(content))
    except ValueError:
        return body


def _filled(expected: object, artifact: Artifact, qualifier: str) -> object:
    match expected:
        case "<qualifier>":
            return qualifier
        case "<release.commit>":
            return artifact.commit
        case "<release.digest>":
            return artifact.digest
        case dict():
            return {key: _filled(value, artifact, qualifier) for key, value in expected.items()}
        case list():
            return [_filled(value, artifact, qualifier) for value in expected]
        case _:
            return expected


def _difference(expected: object, found: object, path: str) -> str:
    """The first place where `found` does not contain `expected`; empty when it does.

    An object may have more keys than expected, a list as many items.
    """
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return f"{path}: expected an object, found {_short(found)}"
        for key, value in expected.items():
            if key not in found:
                return f"{path}.{key}: expected {_short(value)}, found nothing"
            if difference := _difference(value, found[key], f"{path}.{key}"):
                return difference
        return ""
    if isinstance(expected, list) and isinstance(found, list):
        return _list_difference(expected, found, path)
    same = expected == found and isinstance(expected, bool) is isinstance(found, bool)
    return "" if same else f"{path}: expected {_short(expected)}, found {_short(found)}"


def _list_difference(expected: list[object], found: list[object], path: str) -> str:
    if len(expected) != len(found):
        return f"{path}: expected {len(expected)} items, found {len(found)}: {_short(found)}"
    pairs = enumerate(zip(expected, found, strict=True))
    return next((text for i, (e, f) in pairs if (text := _difference(e, f, f"{path}[{i}]"))), "")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else f"{text[:300]} …"
