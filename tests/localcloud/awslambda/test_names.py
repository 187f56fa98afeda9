import pytest

from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.names import FunctionName, parse_function

ARN = "arn:aws:lambda:ap-southeast-1:123456789012:function"


@pytest.mark.parametrize(
    ("text", "qualifier", "expected"),
    [
        ("api", None, FunctionName("api")),
        ("api", "live", FunctionName("api", "live")),
        ("api:7", None, FunctionName("api", "7")),
        ("api:$LATEST", None, FunctionName("api", "$LATEST")),
        ("function:api", None, FunctionName("api")),
        ("123456789012:function:api", None, FunctionName("api")),
        (f"{ARN}:api", None, FunctionName("api")),
        (f"{ARN}:api:live", None, FunctionName("api", "live")),
        (f"{ARN}:api:live", "live", FunctionName("api", "live")),
    ],
)
def test_a_function_is_named_in_many_ways(text: str, qualifier: str | None, expected: FunctionName) -> None:
    assert parse_function(text, qualifier) == expected


@pytest.mark.parametrize(
    ("text", "qualifier", "code"),
    [
        ("", None, "ValidationException"),
        ("a b", None, "ValidationException"),
        ("a" * 65, None, "ValidationException"),
        ("arn:aws:s3:::bucket", None, "ValidationException"),
        ("api", "a b", "ValidationException"),
        ("api:live", "candidate", "InvalidParameterValueException"),
    ],
)
def test_a_name_that_is_refused(text: str, qualifier: str | None, code: str) -> None:
    with pytest.raises(LambdaError) as error:
        parse_function(text, qualifier)
    assert error.value.code == code
