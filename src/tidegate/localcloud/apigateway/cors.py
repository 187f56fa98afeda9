"""Cross-origin answers that API Gateway gives by itself.

Source: API Gateway developer guide, "Configure CORS for HTTP APIs".
"""

from collections.abc import Mapping

from tidegate.localcloud.apigateway.resources import Cors


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks for permission before the request itself. Header names are in lower case."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def allows_origin(cors: Cors, origin: str) -> bool:
    """Whether pages of that origin may read answers. `https://*` allows every origin of the scheme."""
    for allowed in cors.allow_origins:
        if allowed in ("*", origin) or (allowed.endswith("//*") and origin.startswith(allowed.removesuffix("*"))):
            return True
    return False


def preflight_headers(cors: Cors, origin: str, asked_headers: str) -> dict[str, str]:
    """The headers that answer a preflight request; none for an origin that is not allowed."""
    if not allows_origin(cors, origin):
        return {}
    headers = response_headers(cors, origin)
    methods = cors.allow_methods
    if "*" in methods:
        methods = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
    if methods:
        headers["access-control-allow-methods"] = ",".join(methods)
    if cors.allow_headers:
        named = asked_headers if "*" in cors.allow_headers else ",".join(cors.allow_headers)
        if named:
            headers["access-control-allow-headers"] = named
    if cors.max_age is not None:
        headers["access-control-max-age"] = str(cors.max_age)
    return headers


def response_headers(cors: Cors, origin: str) -> dict[str, str]:
    """The headers that are added to an answer, in place of those that the function sent."""
    if not allows_origin(cors, origin):
        return {}
    any_origin = "*" in cors.allow_origins and not cors.allow_credentials
    headers = {"access-control-allow-origin": "*" if any_origin else origin}
    if not any_origin:
        headers["vary"] = "origin"
    if cors.allow_credentials:
        headers["access-control-allow-credentials"] = "true"
    if cors.expose_headers:
        headers["access-control-expose-headers"] = ",".join(cors.expose_headers)
    return headers
