"""What Lambda answers when it refuses. Codes, statuses and texts are those of the AWS Lambda API reference."""

from dataclasses import dataclass


@dataclass(eq=False)
class LambdaError(Exception):
    """A refusal on the wire.

    Attributes:
        code: The error code, such as `ResourceNotFoundException`.
        status: The HTTP status.
        message: What went wrong, in AWS's words where they are known.
        fault: `User` or `Service`.
        reason: The `Reason` member of throttles.
    """

    code: str
    status: int
    message: str
    fault: str = "User"
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def not_found(arn: str) -> LambdaError:
    """No such function or version."""
    return LambdaError("ResourceNotFoundException", 404, f"Function not found: {arn}")


def alias_not_found(arn: str) -> LambdaError:
    """No such alias."""
    return LambdaError("ResourceNotFoundException", 404, f"Cannot find alias arn: {arn}")


def no_resource() -> LambdaError:
    """No policy, statement or event source mapping."""
    return LambdaError("ResourceNotFoundException", 404, "The resource you requested does not exist.")


def conflict(message: str) -> LambdaError:
    """It exists already, or it is busy."""
    return LambdaError("ResourceConflictException", 409, message)


def invalid(message: str) -> LambdaError:
    """A parameter that cannot be taken."""
    return LambdaError("InvalidParameterValueException", 400, message)


def precondition_failed() -> LambdaError:
    """Another RevisionId than the one that was expected."""
    return LambdaError(
        "PreconditionFailedException",
        412,
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    )


def bad_content(message: str) -> LambdaError:
    """A body that is no JSON."""
    return LambdaError("InvalidRequestContentException", 400, f"Could not parse request body into json: {message}")


def too_large(limit: int) -> LambdaError:
    """A payload above Lambda's quota, in bytes."""
    message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    return LambdaError("RequestTooLargeException", 413, message)


def throttled(reason: str) -> LambdaError:
    """No capacity under the limit that `reason` names."""
    return LambdaError("TooManyRequestsException", 429, "Rate Exceeded.", reason=reason)


def not_emulated(what: str) -> LambdaError:
    """What the embedded cloud has not got."""
    return LambdaError("NotEmulated", 501, f"lambda: not emulated by the embedded cloud: {what}", "Service")
