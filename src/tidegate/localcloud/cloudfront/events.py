"""The event of a CloudFront Function: made from a request or response, and read back from what the handler returns.

Source: Amazon CloudFront Developer Guide, "CloudFront Functions event structure".
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Headers that functions do not see or must not set ("Restrictions on all edge functions", disallowed and read-only).
_HIDDEN = frozenset(
    {"connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer",
     "transfer-encoding", "upgrade", "x-accel-buffering", "x-cache", "x-real-ip", "via", "cookie", "set-cookie"}
)  # fmt: skip


class InvalidFunctionResultError(Exception):
    """The handler returned something that is neither a request nor a response."""


@dataclass(frozen=True, slots=True)
class ViewerRequest:
    """What a viewer asked: raw path, raw query, headers with lower-case names, in order."""

    method: str
    uri: str
    query: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """The first value of a header (lower-case name)."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class FunctionResponse:
    """A response that a function made or changed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Context:
    """What functions learn about where they run."""

    domain: str
    distribution_id: str
    request_id: str
    viewer_ip: str


def request_event(request: ViewerRequest, context: Context) -> dict[str, Any]:
    """The event for viewer-request."""
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": context.domain,
            "endpoint": context.domain,
            "distributionId": context.distribution_id,
            "eventType": "viewer-request",
            "requestId": context.request_id,
        },
        "viewer": {"ip": context.viewer_ip},
        "request": {
            "method": request.method,
            "uri": request.uri,
            "querystring": _grouped(_query_pairs(request.query)),
            "headers": _grouped(pair for pair in request.headers if pair[0] not in _HIDDEN),
            "cookies": _grouped(_cookie_pairs(request)),
        },
    }


def response_event(
    request: ViewerRequest, context: Context, status: int, headers: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """The event for viewer-response."""
    event = request_event(request, context)
    event["context"]["eventType"] = "viewer-response"
    shown = _grouped((name.lower(), value) for name, value in headers if name.lower() not in _HIDDEN)
    event["response"] = {"statusCode": status, "statusDescription": "", "headers": shown, "cookies": {}}
    return event


def read_request(result: Any, request: ViewerRequest) -> ViewerRequest | FunctionResponse:
    """What a viewer-request handler returned: the request to go on with, or the response to answer.

    Raises:
        InvalidFunctionResultError: For anything else.
    """
    if not isinstance(result, dict):
        raise InvalidFunctionResultError("the handler returned neither a request nor a response")
    if "statusCode" in result:
        return read_response(result)
    uri = result.get("uri")
    if not isinstance(uri, str) or not uri.startswith("/"):
        raise InvalidFunctionResultError("the returned request has no uri that begins with a slash")
    query = "&".join(f"{name}={value}" if value else name for name, value in _ungrouped(result.get("querystring")))
    hidden = tuple(pair for pair in request.headers if pair[0] in _HIDDEN)
    headers = tuple(pair for pair in _ungrouped(result.get("headers")) if pair[0] not in _HIDDEN)
    return ViewerRequest(request.method, uri, query, headers + hidden)


def read_response(result: Any) -> FunctionResponse:
    """What a viewer-response handler, or a viewer-request handler that answers itself, returned.

    Raises:
        InvalidFunctionResultError: For a missing or impossible status, or headers of a wrong form.
    """
    if not isinstance(result, dict):
        raise InvalidFunctionResultError("the handler returned no response")
    status = result.get("statusCode")
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise InvalidFunctionResultError(f"{status!r} is not a status code")
    headers = [pair for pair in _ungrouped(result.get("headers")) if pair[0] not in _HIDDEN]
    for name, value in _cookies_set(result.get("cookies")):
        headers.append(("set-cookie", f"{name}={value}"))
    return FunctionResponse(status, tuple(headers), _body(result.get("body")))


def _body(given: Any) -> bytes | None:
    if given is None:
        return None
    if isinstance(given, str):
        return given.encode()
    if isinstance(given, dict) and isinstance(given.get("data"), str):
        data: str = given["data"]
        try:
            return base64.b64decode(data, validate=True) if given.get("encoding") == "base64" else data.encode()
        except ValueError as error:
            raise InvalidFunctionResultError("the body is not base64") from error
    raise InvalidFunctionResultError("the body has neither text nor data")


def _query_pairs(query: str) -> Iterable[tuple[str, str]]:
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            yield name, value


def _cookie_pairs(request: ViewerRequest) -> Iterable[tuple[str, str]]:
    for key, header in request.headers:
        if key == "cookie":
            for part in header.split(";"):
                name, separator, value = part.strip().partition("=")
                if separator:
                    yield name, value


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Name → {value[, multiValue]}, as functions see query parameters, headers and cookies."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {
        name: {"value": many[0]} | ({"multiValue": [{"value": one} for one in many]} if len(many) > 1 else {})
        for name, many in values.items()
    }


def _ungrouped(group: Any) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, item in _checked(group).items():
        many = item.get("multiValue")
        found = [one.get("value") for one in many] if isinstance(many, list) else [item.get("value")]
        for value in found:
            if not isinstance(value, str) or "\r" in value or "\n" in value:
                raise InvalidFunctionResultError(f"{name}: the value is not a line of text")
            pairs.append((name, value))
    return pairs


def _cookies_set(group: Any) -> list[tuple[str, str]]:
    pairs = []
    for name, item in _checked(group).items():
        attributes = item.get("attributes")
        value = str(item.get("value", ""))
        pairs.append((name, f"{value}; {attributes}" if attributes else value))
    return pairs


def _checked(group: Any) -> Mapping[str, Mapping[str, Any]]:
    if group is None:
        return {}
    if not isinstance(group, dict) or not all(isinstance(item, dict) for item in group.values()):
        raise InvalidFunctionResultError("headers, cookies and query strings are objects of {value}")
    return group
