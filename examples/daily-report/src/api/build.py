"""Which build answers: the commit it was made from and the digest of the image it runs in."""

import logging
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from src.data.aws import UnavailableError, available, client

UNKNOWN = "unknown"
_log = logging.getLogger(__name__)


class Build:
    """A build, as one process of it sees it. A digest that was read is kept; a failure to read it is not."""

    def __init__(self, commit: str, function: str, version: str, aws_lambda: Callable[[], Any]) -> None:
        self.commit = commit
        self._function = function
        self._version = version
        self._lambda = aws_lambda
        self._digest = UNKNOWN

    def digest(self) -> str:
        """The digest of the image that this version of the function runs, `unknown` if it cannot be read."""
        if self._digest == UNKNOWN and self._function:
            self._digest = self._resolve()
        return self._digest

    def _resolve(self) -> str:
        """AWS API: GetFunction answers with Code.ResolvedImageUri, `<repository>@sha256:…`, for an image."""
        try:
            with available(f"function {self._function}"):
                answer = self._lambda().get_function(FunctionName=self._function, Qualifier=self._version)
        except UnavailableError as error:
            _log.warning("no image digest: %s", error)
            return UNKNOWN
        return str(answer["Code"].get("ResolvedImageUri", "")).partition("@")[2] or UNKNOWN


@cache
def this_build() -> Build:
    """The build of this process, from the variables of its image and of Lambda."""
    return Build(
        commit=os.environ.get("GIT_COMMIT") or UNKNOWN,
        function=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        version=os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        aws_lambda=lambda: client("lambda"),
    )
