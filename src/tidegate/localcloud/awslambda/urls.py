"""The rules of function URLs: pure functions over one function. Source: AWS API, CreateFunctionUrlConfig."""

from dataclasses import replace

from tidegate.localcloud.awslambda import aliases, errors
from tidegate.localcloud.awslambda.function import Function, FunctionUrl, UrlAuth
from tidegate.localcloud.awslambda.names import Namespace, check_alias_name


def check_free(names: Namespace, function: Function, qualifier: str | None) -> None:
    """See that a URL may be made: for the function itself, whose `$LATEST` it invokes, or for one of its aliases.

    Raises:
        LambdaError: ValidationException for a version, ResourceNotFoundException for an alias that is not there,
            ResourceConflictException where there is a URL already.
    """
    _check_qualifier(names, function, qualifier)
    if qualifier in function.urls:
        raise errors.conflict(
            f"Failed to create function url config for [functionArn = {names.function_arn(function.name, qualifier)}]."
            " Error message: FunctionUrlConfig exists for this Lambda function"
        )


def put(function: Function, qualifier: str | None, url: FunctionUrl) -> FunctionUrl:
    """Keep a URL that was made."""
    function.urls[qualifier] = url
    return url


def get(names: Namespace, function: Function, qualifier: str | None) -> FunctionUrl:
    """AWS API: GetFunctionUrlConfig.

    Raises:
        LambdaError: ResourceNotFoundException.
    """
    _check_qualifier(names, function, qualifier)
    found = function.urls.get(qualifier)
    if found is None:
        raise errors.no_resource()
    return found


def update(
    names: Namespace, function: Function, qualifier: str | None, auth: UrlAuth | None, now: float
) -> FunctionUrl:
    """AWS API: UpdateFunctionUrlConfig; None leaves who may ask as it is. The address never changes.

    Raises:
        LambdaError: ResourceNotFoundException.
    """
    found = get(names, function, qualifier)
    return put(function, qualifier, replace(found, auth=found.auth if auth is None else auth, modified=now))


def delete(names: Namespace, function: Function, qualifier: str | None) -> None:
    """AWS API: DeleteFunctionUrlConfig.

    Raises:
        LambdaError: ResourceNotFoundException.
    """
    get(names, function, qualifier)
    del function.urls[qualifier]


def _check_qualifier(names: Namespace, function: Function, qualifier: str | None) -> None:
    if qualifier is not None:
        check_alias_name(qualifier)
        aliases.get(names, function, qualifier)
