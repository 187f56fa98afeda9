"""The one place that maps botocore's exceptions to `errors.CloudError` and its kinds.

A fault's kind answers the caller's question: did the effect happen? `Moved`, `NotFound` and `Throttled` say no,
`Unreachable` says that nobody knows.
"""

import re
from collections.abc import Mapping

from boto3.exceptions import Boto3Error
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from tidegate.errors import CloudError, Moved, NotFound, Throttled, Unreachable

BOTO_ERRORS: tuple[type[Exception], ...] = (
    boto.BotoCoreError,
    boto.ClientError,
    boto.UndefinedModelAttributeError,
    Boto3Error,
    ResponseParserError,
)
"""Everything that boto3 and botocore raise by design."""

_UNANSWERED = (
    boto.ConnectionError,
    boto.HTTPClientError,
    boto.IncompleteReadError,
    boto.ChecksumError,
    boto.FlexibleChecksumError,
    ResponseParserError,  # not the service's own answer, but that of something before it: HTML, or nothing at all
)
_CREDENTIALS = (
    boto.CredentialRetrievalError,
    boto.LoginError,
    boto.MetadataRetrievalError,
    boto.NoAuthTokenError,
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.ProfileNotFound,
    boto.RefreshWithMFAUnsupportedError,
    boto.SSOError,
    boto.TokenRetrievalError,
    boto.UnknownCredentialError,
)

# AWS API, "Common Errors" and each service's list. LimitExceededException is not here: for most services it is a quota.
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_MOVED = frozenset(
    {
        "ConditionalRequestConflict",  # S3: 409, a race between conditional writes
        "InvalidIfMatchVersion",  # CloudFront
        "PreconditionFailed",  # S3, CloudFront
        "PreconditionFailedException",  # Lambda
    }
)
# CloudFront KeyValueStore answers ConflictException to an If-Match that is not the current ETag; elsewhere the same
# code means a name that is taken.
_KEY_VALUE_WRITES = frozenset({"DeleteKey", "PutKey", "UpdateKeys"})
# The service's own failure: the write may have been done before it.
_BROKEN = frozenset(
    {
        "500",
        "502",
        "503",
        "504",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerErrorException",
        "InternalServerException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServerException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "RequestExpired", "UnrecognizedClientException"}
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})

# botocore quotes the offending value, which may be a secret of a function's environment.
_QUOTED_VALUE = re.compile(r", value: .*?, type: ", re.DOTALL)


def fault(error: Exception, where: str) -> CloudError:
    """Translate what boto3 raised.

    Args:
        error: One of `BOTO_ERRORS`.
        where: The resource that was asked for.
    """
    if isinstance(error, boto.ClientError):
        return _refusal(error, where)
    text = _QUOTED_VALUE.sub(", type: ", str(error))
    code = type(error).__name__
    if isinstance(error, _UNANSWERED):
        return Unreachable(text, where=where, code=code, what_next="check the network and the endpoint, then resume")
    if isinstance(error, boto.CapacityNotAvailableError):
        return Throttled(text, where=where, code=code)
    if isinstance(error, _CREDENTIALS):
        return CloudError(text, where=where, code=code, what_next="provide AWS credentials, or sign in again")
    return CloudError(f"the request could not be made: {text}", where=where, code=code)


def _refusal(error: boto.ClientError, where: str) -> CloudError:
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", "")) or "no reason given"
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    operation = error.operation_name
    kind = _kind(operation, code, message, status)
    refusal = kind(
        f"{operation} was refused: {message} ({code or status})",
        where=where,
        code=code,
        what_next=_what_next(kind, code, operation),
    )
    refusal.retry_after = _retry_after(error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
    return refusal


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a service asks to wait (RFC 9110, "Retry-After"). AWS sends no dates; one would count as nothing."""
    said = headers.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdigit() else 0.0


def _kind(operation: str, code: str, message: str, status: int) -> type[CloudError]:
    # AWS API: StartBuild has this code for builds alone: as many run as may.
    if code in _THROTTLED or status == 429 or (operation, code) == ("StartBuild", "AccountLimitExceededException"):
        return Throttled
    if _has_moved(operation, code, message, status):
        return Moved
    if _is_missing(code, status):
        return NotFound
    if code in _BROKEN:
        return Unreachable
    return CloudError


def _is_missing(code: str, status: int) -> bool:
    # Lambda's KMSNotFoundException and the like come with 502: what they miss is not what was asked for.
    if status >= 500:
        return False
    return (
        status == 404
        or code.startswith("NoSuch")
        or code.endswith(("NotFound", "NotFoundException", "QueueDoesNotExist", "NonExistentQueue"))
    )


def _has_moved(operation: str, code: str, message: str, status: int) -> bool:
    if code in _MOVED or status == 412:
        return True
    if operation in _KEY_VALUE_WRITES:
        return code == "ConflictException"
    # AWS API: PublishVersion has no code of its own for a CodeSha256 that is not that of `$LATEST`.
    refused = operation == "PublishVersion" and code == "InvalidParameterValueException"
    return refused and "codesha256" in message.lower()


def _what_next(kind: type[CloudError], code: str, operation: str) -> str:
    if kind is Moved:
        return "observe again: somebody else wrote, or the answer to an own write was lost"
    if kind is Throttled:
        return "ask again later"
    if code in _EXPIRED:
        return "sign in to AWS again"
    if code in _DENIED:
        return f"let these credentials do {operation}"
    return ""
