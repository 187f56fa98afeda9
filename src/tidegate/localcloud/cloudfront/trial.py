"""TestFunction: runs a function on an event that somebody wrote."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.localcloud.cloudfront.engine import FunctionFailedError, StoreView, invoke
from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.functions import Staged

ALLOWED_SECONDS = 0.001  # what a utilization of 100 stands for


@dataclass(frozen=True, slots=True)
class Trial:
    """What TestFunction tells: exactly one of output (JSON text) and error is not empty."""

    output: str
    error: str
    logs: tuple[str, ...]
    utilization: int


def try_function(staged: Staged, event: bytes, pairs: Mapping[str, str]) -> Trial:
    """Run a function once; a failure of the function is a result, too.

    Raises:
        CloudFrontError: InvalidArgument for an event that is not a JSON object.
    """
    try:
        given = json.loads(event)
    except ValueError as error:
        raise CloudFrontError("InvalidArgument", f"EventObject is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise CloudFrontError("InvalidArgument", "EventObject is not a JSON object.")
    store = None if staged.store_arn is None else StoreView(staged.store_arn.rpartition("/")[2], pairs)
    try:
        outcome = invoke(staged.code.decode("utf-8", "replace"), given, store)
    except FunctionFailedError as error:
        return Trial("", str(error), error.logs, 0)
    output = {
        "response" if isinstance(outcome.value, dict) and "statusCode" in outcome.value else "request": outcome.value
    }
    return Trial(json.dumps(output), "", outcome.logs, min(100, round(outcome.seconds / ALLOWED_SECONDS)))
