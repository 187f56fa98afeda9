"""API Gateway on the wire: which operation a REST request means, and how answers and errors are written."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tidegate.localcloud.apigateway.errors import GatewayError, not_emulated
from tidegate.localcloud.apigateway.operations import Answer, Call, GatewayOperations

Operation = Callable[[Call], Awaitable[Answer]]
Route = tuple[str, re.Pattern[str], Operation]


class ControlApi:
    """The control plane."""

    def __init__(self, operations: GatewayOperations) -> None:
        self._routes = _routes(operations)

    async def answer(self, request: Request) -> Response:
        """Answer one request that is signed for API Gateway."""
        body = await request.body()
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        for method, pattern, operation in self._routes:
            match = pattern.fullmatch(path)
            if method != request.method or match is None:
                continue
            parameters = tuple(unquote(group) for group in match.groups())
            query = {name: request.query_params.getlist(name) for name in request.query_params}
            return await _respond(operation, Call(parameters, query, body))
        return _refuse(not_emulated(f"{request.method} {unquote(path)}"))


async def _respond(operation: Operation, call: Call) -> Response:
    try:
        answer = await operation(call)
    except GatewayError as error:
        return _refuse(error)
    if answer.content is None:
        return Response(status_code=answer.status)
    return JSONResponse(answer.content, answer.status)


def _refuse(error: GatewayError) -> Response:
    content = {"message": error.message}
    if error.resource_type is not None:
        content["resourceType"] = error.resource_type
    return JSONResponse(content, error.status, headers={"x-amzn-ErrorType": error.code})


def _routes(operations: GatewayOperations) -> list[Route]:
    one = "/v2/apis/{}"
    table: list[tuple[str, str, Operation]] = [
        ("POST", "/v2/apis", operations.create_api),
        ("GET", "/v2/apis", operations.list_apis),
        ("GET", one, operations.get_api),
        ("PATCH", one, operations.update_api),
        ("DELETE", one, operations.delete_api),
        ("DELETE", f"{one}/cors", operations.delete_cors),
        ("POST", f"{one}/integrations", operations.create_integration),
        ("GET", f"{one}/integrations", operations.list_integrations),
        ("GET", f"{one}/integrations/{{}}", operations.get_integration),
        ("PATCH", f"{one}/integrations/{{}}", operations.update_integration),
        ("DELETE", f"{one}/integrations/{{}}", operations.delete_integration),
        ("POST", f"{one}/routes", operations.create_route),
        ("GET", f"{one}/routes", operations.list_routes),
        ("GET", f"{one}/routes/{{}}", operations.get_route),
        ("PATCH", f"{one}/routes/{{}}", operations.update_route),
        ("DELETE", f"{one}/routes/{{}}", operations.delete_route),
        ("POST", f"{one}/stages", operations.create_stage),
        ("GET", f"{one}/stages", operations.list_stages),
        ("GET", f"{one}/stages/{{}}", operations.get_stage),
        ("PATCH", f"{one}/stages/{{}}", operations.update_stage),
        ("DELETE", f"{one}/stages/{{}}", operations.delete_stage),
        ("POST", f"{one}/deployments", operations.create_deployment),
        ("GET", f"{one}/deployments", operations.list_deployments),
        ("GET", f"{one}/deployments/{{}}", operations.get_deployment),
        ("GET", "/v2/domainnames/{}/apimappings", operations.list_mappings),
        ("POST", "/v2/tags/{}", operations.tag),
        ("DELETE", "/v2/tags/{}", operations.untag),
        ("GET", "/v2/tags/{}", operations.list_tags),
    ]
    return [
        (method, re.compile(template.replace("{}", "([^/]+)") + "/?"), operation)
        for method, template, operation in table
    ]
