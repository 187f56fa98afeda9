"""A runtime in the standard library alone, for machines that AWS's `awslambdaric` has no wheel for.

It is run as a script: `python runtime_client.py <handler>`, with AWS_LAMBDA_RUNTIME_API set. It imports nothing of
this package. Source: AWS Lambda developer guide, "Using the Lambda runtime API".
"""

import contextlib
import http.client
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

_BASE = "/2018-06-01/runtime"

Handler = Callable[[Any, Any], Any]


class Context:
    """What a handler is given beside the event; the names are those of AWS's Python runtime."""

    def __init__(self, headers: http.client.HTTPMessage) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.client_context = json.loads(headers["Lambda-Runtime-Client-Context"] or "null")
        self.identity = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation is ended by force."""
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        sys.stdout.write(str(message))


def load(handler: str) -> Handler:
    """Import what `module.function` names.

    Raises:
        RuntimeFailure: With AWS's error type, when it cannot be imported.
    """
    module, dot, name = handler.rpartition(".")
    if not dot:
        raise RuntimeFailure("Runtime.MalformedHandlerName", f"Bad handler '{handler}': not enough values to unpack")
    try:
        found = importlib.import_module(module.replace("/", "."))
    except ImportError as failure:
        message = f"Unable to import module '{module}': {failure}"
        raise RuntimeFailure("Runtime.ImportModuleError", message) from failure
    except SyntaxError as failure:
        message = f"Syntax error in module '{module}': {failure}"
        raise RuntimeFailure("Runtime.UserCodeSyntaxError", message) from failure
    if not hasattr(found, name):
        raise RuntimeFailure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'")
    function: Handler = getattr(found, name)
    return function


class RuntimeFailure(Exception):
    """A failure that has an error type of AWS's own."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def run(handler: str) -> None:
    """Serve invocations until the process is ended."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        function = load(handler)
    except Exception as failure:  # noqa: BLE001 - whatever user code raises is reported
        _report(connection, f"{_BASE}/init/error", failure, None)
        sys.exit(1)
    while True:
        connection.request("GET", f"{_BASE}/invocation/next")
        response = connection.getresponse()
        event, context = json.loads(response.read()), Context(response.headers)
        target = f"{_BASE}/invocation/{context.aws_request_id}"
        try:
            answer = _encoded(function(event, context))
        except Exception as failure:  # noqa: BLE001 - whatever user code raises is reported
            _report(connection, f"{target}/error", failure, context.aws_request_id)
            continue
        _post(connection, f"{target}/response", answer)


def _encoded(answer: Any) -> bytes:
    try:
        return json.dumps(answer).encode()
    except TypeError as failure:
        message = f"Unable to marshal response: {failure}"
        raise RuntimeFailure("Runtime.MarshalError", message) from failure


def _report(connection: http.client.HTTPConnection, path: str, failure: Exception, request_id: str | None) -> None:
    kind = failure.kind if isinstance(failure, RuntimeFailure) else type(failure).__name__
    trace = [] if isinstance(failure, RuntimeFailure) else traceback.format_tb(failure.__traceback__)[1:]
    document = {"errorMessage": str(failure), "errorType": kind, "requestId": request_id or "", "stackTrace": trace}
    print("\r".join([f"[ERROR] {kind}: {failure}", *trace]), flush=True)
    _post(connection, path, json.dumps(document).encode())


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> None:
    connection.request("POST", path, body)
    connection.getresponse().read()


def end_with(lifeline: int) -> None:
    """End this process group when the other end of a pipe closes, which it does when the cloud is gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    if "TIDEGATE_LIFELINE" in os.environ:
        end_with(int(os.environ.pop("TIDEGATE_LIFELINE")))
    sys.path[0] = os.getcwd()  # noqa: PTH109 - pathlib costs a tenth of the cold start
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    run(sys.argv[1])
