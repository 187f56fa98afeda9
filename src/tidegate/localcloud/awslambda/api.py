"""Lambda on the wire: which operation a REST request means, and how answers and errors are written."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tidegate.localcloud.awslambda.alias_operations import AliasOperations
from tidegate.localcloud.awslambda.control import Answer, Call, Control, new_id
from tidegate.localcloud.awslambda.errors import LambdaError, not_emulated
from tidegate.localcloud.awslambda.function_operations import FunctionOperations
from tidegate.localcloud.awslambda.mapping_operations import MappingOperations
from tidegate.localcloud.awslambda.url_operations import Listen, UrlOperations

Operation = Callable[[Call], Answer | Awaitable[Answer]]
Route = tuple[str, re.Pattern[str], Operation]

_FUNCTIONS = "/2015-03-31/functions"
_MAPPINGS = "/2015-03-31/event-source-mappings"


class ControlApi:
    """The control plane; Invoke is the data plane's. `listen` opens the listener of a function URL."""

    def __init__(self, control: Control, listen: Listen) -> None:
        self._routes = _routes(control, listen)

    async def answer(self, method: str, path: str, request: Request, body: bytes) -> Response:
        """Answer one request; `path` is as sent, still percent-encoded."""
        for wanted, pattern, operation in self._routes:
            match = pattern.fullmatch(path)
            if wanted == method and match is not None:
                parameters = tuple(unquote(group) for group in match.groups())
                query = {key: ",".join(request.query_params.getlist(key)) for key in request.query_params}
                return await respond(operation, Call(parameters, query, request.headers, body))
        return refuse(not_emulated(f"{method} {unquote(path)}"))


async def respond(operation: Operation, call: Call) -> Response:
    """Do what is asked and write the answer, or the refusal."""
    try:
        done = operation(call)
        answer = done if isinstance(done, Answer) else await done
    except LambdaError as error:
        return refuse(error)
    headers = {"x-amzn-RequestId": new_id()}
    if answer.content is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.content, answer.status, headers=headers)


def refuse(error: LambdaError) -> Response:
    """An error as REST JSON services write it."""
    content = {"Type": error.fault, "Message": error.message, "message": error.message}
    headers = {"x-amzn-ErrorType": error.code, "x-amzn-RequestId": new_id()}
    if error.reason is not None:
        content["Reason"] = error.reason
    return JSONResponse(content, error.status, headers=headers)


def _routes(control: Control, listen: Listen) -> list[Route]:
    functions, aliases, mappings = FunctionOperations(control), AliasOperations(control), MappingOperations(control)
    urls, url = UrlOperations(control, listen), "/2021-10-31/functions/{}/url"
    one = f"{_FUNCTIONS}/{{}}"
    table: list[tuple[str, str, Operation]] = [
        ("POST", _FUNCTIONS, functions.create),
        ("GET", _FUNCTIONS, functions.list_all),
        ("GET", one, functions.get),
        ("DELETE", one, functions.delete),
        ("GET", f"{one}/configuration", functions.get_configuration),
        ("PUT", f"{one}/configuration", functions.update_configuration),
        ("PUT", f"{one}/code", functions.update_code),
        ("POST", f"{one}/versions", functions.publish),
        ("GET", f"{one}/versions", functions.list_versions),
        ("PUT", "/2017-10-31/functions/{}/concurrency", functions.put_concurrency),
        ("DELETE", "/2017-10-31/functions/{}/concurrency", functions.delete_concurrency),
        ("GET", "/2019-09-30/functions/{}/concurrency", functions.get_concurrency),
        ("POST", "/2017-03-31/tags/{}", functions.tag),
        ("DELETE", "/2017-03-31/tags/{}", functions.untag),
        ("GET", "/2017-03-31/tags/{}", functions.list_tags),
        ("POST", url, urls.create),
        ("GET", url, urls.get),
        ("PUT", url, urls.update),
        ("DELETE", url, urls.delete),
        ("GET", f"{url}s", urls.list_all),
        ("POST", f"{one}/aliases", aliases.create),
        ("GET", f"{one}/aliases", aliases.list_all),
        ("GET", f"{one}/aliases/{{}}", aliases.get),
        ("PUT", f"{one}/aliases/{{}}", aliases.update),
        ("DELETE", f"{one}/aliases/{{}}", aliases.delete),
        ("POST", f"{one}/policy", aliases.permit),
        ("GET", f"{one}/policy", aliases.get_policy),
        ("DELETE", f"{one}/policy/{{}}", aliases.forbid),
        ("POST", _MAPPINGS, mappings.create),
        ("GET", _MAPPINGS, mappings.list_all),
        ("GET", f"{_MAPPINGS}/{{}}", mappings.get),
        ("PUT", f"{_MAPPINGS}/{{}}", mappings.update),
        ("DELETE", f"{_MAPPINGS}/{{}}", mappings.delete),
    ]
    return [
        (method, re.compile(template.replace("{}", "([^/]+)") + "/?"), operation)
        for method, template, operation in table
    ]
