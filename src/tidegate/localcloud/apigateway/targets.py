"""Which function an integration's URI names, and what its policy must allow."""

import re
from collections.abc import Mapping

from tidegate.localcloud.apigateway.resources import DEFAULT_ROUTE
from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.names import FunctionName, parse_function

PRINCIPAL = "apigateway.amazonaws.com"

_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_INVOCATION = re.compile(r"arn:aws:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/(.+)/invocations")


def is_function_uri(uri: str) -> bool:
    """Whether an IntegrationUri is one of the two forms that name a function."""
    return _INVOCATION.fullmatch(uri) is not None or uri.startswith("arn:aws:lambda:")


def function_of(uri: str, variables: Mapping[str, str]) -> FunctionName | None:
    """The function and qualifier that a URI names once stage variables are put in; None when that is no function."""
    written = _VARIABLE.sub(lambda match: variables.get(match[1], ""), uri)
    match = _INVOCATION.fullmatch(written)
    try:
        return parse_function(written if match is None else match[1])
    except LambdaError:
        return None


def source_arn(region: str, account: str, api_id: str, stage: str, method: str, route_key: str) -> str:
    """On whose behalf a function is invoked, as its policy's condition sees it."""
    path = route_key.partition(" ")[2]
    resource = DEFAULT_ROUTE if route_key == DEFAULT_ROUTE else f"{method}{path}"
    return f"arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{resource}"
