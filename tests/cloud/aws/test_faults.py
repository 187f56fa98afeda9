import inspect
from pathlib import Path

import boto3.exceptions
import botocore.exceptions
import botocore.parsers
import pytest
from botocore.exceptions import ClientError

from tidegate.cloud.aws.faults import BOTO_ERRORS, fault
from tidegate.errors import CloudError, Moved, NotFound, Throttled, Unreachable


def refused(operation: str, code: str, status: int, message: str = "because") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


MISMATCH = "CodeSHA256 (aa) is different from current CodeSHA256 in $LATEST (bb)."


@pytest.mark.parametrize(
    ("operation", "code", "status", "kind"),
    [
        ("GetFunctionConfiguration", "ResourceNotFoundException", 404, NotFound),
        ("GetObject", "NoSuchKey", 404, NotFound),
        ("GetObject", "NoSuchBucket", 404, NotFound),
        ("HeadObject", "404", 404, NotFound),
        ("GetDistribution", "NoSuchDistribution", 404, NotFound),
        ("DescribeImages", "ImageNotFoundException", 400, NotFound),
        ("DescribeImages", "RepositoryNotFoundException", 400, NotFound),
        ("FilterLogEvents", "ResourceNotFoundException", 400, NotFound),
        ("GetQueueUrl", "AWS.SimpleQueueService.NonExistentQueue", 400, NotFound),
        ("Invoke", "KMSNotFoundException", 502, CloudError),
        ("UpdateFunctionCode", "PreconditionFailedException", 412, Moved),
        ("UpdateAlias", "PreconditionFailedException", 412, Moved),
        ("UpdateFunctionCode", "ResourceConflictException", 409, CloudError),
        ("PutObject", "PreconditionFailed", 412, Moved),
        ("PutObject", "ConditionalRequestConflict", 409, Moved),
        ("HeadObject", "412", 412, Moved),
        ("UpdateKeys", "ConflictException", 409, Moved),
        ("UpdateKeys", "PreconditionFailed", 412, Moved),
        ("UpdateKeys", "ValidationException", 400, CloudError),
        ("CreateApi", "ConflictException", 409, CloudError),
        ("UpdateDistribution", "PreconditionFailed", 412, Moved),
        ("UpdateDistribution", "InvalidIfMatchVersion", 400, Moved),
        ("Invoke", "TooManyRequestsException", 429, Throttled),
        ("GetFunctionConfiguration", "ThrottlingException", 400, Throttled),
        ("PutObject", "SlowDown", 503, Throttled),
        ("PutObject", "", 429, Throttled),
        ("CreateInvalidation", "TooManyInvalidationsInProgress", 400, CloudError),
        ("PublishVersion", "ServiceException", 500, Unreachable),
        ("PutObject", "InternalError", 500, Unreachable),
        ("PutObject", "ServiceUnavailable", 503, Unreachable),
        ("UpdateAlias", "502", 502, Unreachable),
        ("UpdateKeys", "InternalServerException", 500, Unreachable),
        ("ListWorkGroups", "NotEmulated", 501, CloudError),
        ("Invoke", "InvalidRuntimeException", 502, CloudError),
        ("UpdateAlias", "AccessDeniedException", 403, CloudError),
    ],
)
def test_a_refusal_has_the_kind_that_tells_whether_the_effect_happened(
    operation: str, code: str, status: int, kind: type[CloudError]
) -> None:
    error = fault(refused(operation, code, status), "function f")
    assert type(error) is kind
    assert error.code == code
    assert error.where == "function f"
    assert operation in error.what
    assert "because" in error.what


@pytest.mark.parametrize(
    ("operation", "message", "kind"),
    [
        ("PublishVersion", MISMATCH, Moved),
        ("PublishVersion", "Description is too long", CloudError),
        ("UpdateFunctionCode", MISMATCH, CloudError),
    ],
)
def test_publish_version_says_by_text_alone_that_latest_has_moved(
    operation: str, message: str, kind: type[CloudError]
) -> None:
    error = fault(refused(operation, "InvalidParameterValueException", 400, message), "function f")
    assert type(error) is kind


@pytest.mark.parametrize(
    ("code", "words"),
    [("ExpiredTokenException", "sign in"), ("AccessDeniedException", "UpdateAlias"), ("PreconditionFailed", "observe")],
)
def test_a_refusal_says_what_to_do_next(code: str, words: str) -> None:
    assert words in fault(refused("UpdateAlias", code, 403), "function f").what_next


def test_a_refusal_without_any_detail_still_reads_well() -> None:
    error = fault(ClientError({}, "UpdateAlias"), "function f")
    assert type(error) is CloudError
    assert str(error) == "function f: UpdateAlias was refused: no reason given (0)"


EXCEPTIONS: dict[str, str] = dict(
    line.split()
    for line in Path(__file__).with_name("boto_exceptions.txt").read_text().splitlines()
    if not line.startswith("#")
)
KINDS = {"unreachable": Unreachable, "throttled": Throttled}


def boto_exceptions() -> dict[str, type[Exception]]:
    return {"ResponseParserError": botocore.parsers.ResponseParserError} | {
        found.__name__: found
        for module in (botocore.exceptions, boto3.exceptions)
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Exception)
        and not issubclass(found, Warning)
        and found.__module__.startswith(("botocore.", "boto3."))
    }


def test_no_exception_of_boto_is_unmapped() -> None:
    assert boto_exceptions().keys() == EXCEPTIONS.keys(), "a new botocore: decide what its new exceptions mean"


@pytest.mark.parametrize(("name", "raised"), sorted(boto_exceptions().items()))
def test_every_exception_of_boto_has_its_kind(name: str, raised: type[Exception]) -> None:
    assert issubclass(raised, BOTO_ERRORS)
    meaning = EXCEPTIONS[name]
    if meaning == "answered":
        error = fault(raised({"Error": {"Code": "X"}}, "Operation"), "here")
    else:
        bare = raised.__new__(raised)  # constructors differ; what counts here is the class alone
        Exception.__init__(bare, "why")
        bare.__dict__.update(msg="why", kwargs={})
        error = fault(bare, "here")
    assert type(error) is KINDS.get(meaning, CloudError)
    assert ("credentials" in error.what_next) is (meaning == "credentials")


def test_a_value_that_botocore_quotes_is_not_repeated() -> None:
    error = botocore.exceptions.ParamValidationError(
        report="Invalid type for parameter Environment.Variables.TOKEN, value: ['s3cret'], type: <class 'list'>, "
        "valid types: <class 'str'>"
    )
    text = str(fault(error, "function f"))
    assert "s3cret" not in text
    assert "Environment.Variables.TOKEN" in text
