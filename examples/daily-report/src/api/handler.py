"""The Lambda handler of the API: API Gateway HTTP API events, payload version 2.0."""

from functools import cache
from typing import Any

from mangum import Mangum

from src.api.app import app


@cache
def _adapter(base_path: str) -> Mangum:
    return Mangum(app, lifespan="off", api_gateway_base_path=base_path)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP request. API Gateway leaves the stage in the path, except for `$default`."""
    stage = event["requestContext"].get("stage", "$default")
    path = event["requestContext"]["http"]["path"]
    within_stage = stage != "$default" and path.startswith(f"/{stage}/")
    return _adapter(f"/{stage}" if within_stage else "/")(event, context)
