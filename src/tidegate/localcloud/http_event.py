"""The payload format 2.0, which HTTP APIs and function URLs share: request → event, result → response.

Sources: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs"; Lambda developer guide,
"Invoking Lambda function URLs".
"""

import base64
import binascii
import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import Response

# Everything else is handed over in base64, forms and bodies without a type among them.
_TEXT = re.compile(r"text/.*|application/(?:json|javascript|xml)")
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a client sent.

    Attributes:
        path: Percent-decoded, with the stage when one was named.
        headers: Names in lower case, in order, repeated as sent.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    protocol: str
    source_ip: str


@dataclass(frozen=True, slots=True)
class Context:
    """What the service knows about a request. `moment` is in seconds since the epoch."""

    account: str
    api_id: str
    stage: str
    route_key: str
    request_id: str
    moment: float
    parameters: Mapping[str, str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What a client is sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


def message(status: int, text: str) -> HttpResponse:
    """An answer of the service itself."""
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return HttpResponse(status, body, {"content-type": "application/json"})


def event(request: HttpRequest, context: Context) -> dict[str, Any]:
    """The event that a function gets."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in request.headers:
        if name == "cookie":
            cookies.extend(part.strip() for part in value.split(";") if part.strip())
        else:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": context.route_key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _request_context(request, headers, context),
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = cookies
    if request.query:
        made["queryStringParameters"] = _joined(request.query)
    if context.parameters:
        made["pathParameters"] = dict(context.parameters)
    if context.variables:
        made["stageVariables"] = dict(context.variables)
    if request.body:
        made["body"], made["isBase64Encoded"] = _encoded(request.body, headers.get("content-type", ""))
    return made


def _request_context(request: HttpRequest, headers: Mapping[str, str], context: Context) -> dict[str, Any]:
    host = headers.get("host", "")
    return {
        "accountId": context.account,
        "apiId": context.api_id,
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": context.request_id,
        "routeKey": context.route_key,
        "stage": context.stage,
        "time": f"{datetime.fromtimestamp(context.moment, UTC):%d/%b/%Y:%H:%M:%S +0000}",
        "timeEpoch": int(context.moment * 1000),
    }


def _joined(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _encoded(body: bytes, content_type: str) -> tuple[str, bool]:
    if _TEXT.fullmatch(content_type.partition(";")[0].strip().lower()):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode("ascii"), True


def response(payload: bytes) -> HttpResponse:
    """What a client of an HTTP API gets for a function's result; Internal Server Error where it cannot be read."""
    return understood(payload) or message(500, "Internal Server Error")


def understood(payload: bytes) -> HttpResponse | None:
    """A function's result as an answer; one without `statusCode` is the body itself. None where it cannot be read."""
    try:
        result = json.loads(payload)
        if isinstance(result, dict) and "statusCode" in result:
            return _formatted(result)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return None
    body = result.encode() if isinstance(result, str) else payload
    return HttpResponse(200, body, {"content-type": "application/json"})


def _formatted(result: Mapping[str, Any]) -> HttpResponse:
    status = int(result["statusCode"])
    if not 100 <= status <= 599:
        raise ValueError(status)
    given = result.get("body")
    if given is not None and not isinstance(given, str):
        raise TypeError(type(given).__name__)
    text = given or ""
    body = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
    headers = {str(name).lower(): _text(value) for name, value in (result.get("headers") or {}).items()}
    headers.setdefault("content-type", "text/plain;charset=utf-8")
    return HttpResponse(status, body, headers, tuple(str(cookie) for cookie in result.get("cookies") or ()))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(type(value).__name__)


async def read(request: Request) -> HttpRequest:
    """What a client sent, with the headers that the service adds.

    Raises:
        starlette.requests.ClientDisconnect: When the client is gone.
    """
    scope = request.scope
    client = scope.get("client") or ("127.0.0.1", 0)
    port = (scope.get("server") or ("127.0.0.1", 80))[1]
    headers = [
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in scope["headers"]
        if name.lower() not in (b"connection", b"transfer-encoding")
    ]
    given = dict(headers)
    forwarded = f"{given['x-forwarded-for']}, {client[0]}" if "x-forwarded-for" in given else client[0]
    added = {
        "x-amzn-trace-id": given.get("x-amzn-trace-id", _new_trace()),
        "x-forwarded-for": forwarded,
        "x-forwarded-port": str(port),
        "x-forwarded-proto": scope["scheme"],
    }
    return HttpRequest(
        method=scope["method"],
        path=unquote(scope["raw_path"].decode("latin-1").partition("?")[0]),
        query=scope["query_string"].decode("latin-1"),
        headers=(*((name, value) for name, value in headers if name not in added), *added.items()),
        body=await request.body(),
        protocol=f"HTTP/{scope['http_version']}",
        source_ip=client[0],
    )


def _new_trace() -> str:
    return f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"


def written(answer: HttpResponse) -> Response:
    """An answer as it is sent."""
    made = Response(answer.body, answer.status)
    for name, value in answer.headers.items():
        if name not in _HOP_BY_HOP:
            made.headers[name] = value
    for cookie in answer.cookies:
        made.headers.append("set-cookie", cookie)
    return made
