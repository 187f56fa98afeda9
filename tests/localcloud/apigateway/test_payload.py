import json

import pytest

from tidegate.localcloud.apigateway.payload import response
from tidegate.localcloud.apigateway.targets import function_of, source_arn
from tidegate.localcloud.awslambda.names import FunctionName

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
INVOCATION = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}"


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [
        ('{"statusCode": 204}', 204, b""),
        ('{"statusCode": "201", "body": "x"}', 201, b"x"),
        ('{"statusCode": 200, "isBase64Encoded": true, "body": "AAE="}', 200, b"\x00\x01"),
        ('{"statusCode": 200, "isBase64Encoded": true, "body": "***"}', 500, None),
        ('{"statusCode": 200, "body": {"a": 1}}', 500, None),
        ('{"statusCode": 99}', 500, None),
        ('{"statusCode": "none"}', 500, None),
        ('{"statusCode": 200, "headers": ["a"]}', 500, None),
        ('{"statusCode": 200, "headers": {"a": {"b": 1}}}', 500, None),
        ("not json", 500, None),
        ('{"a": 1}', 200, b'{"a": 1}'),
        ("[1]", 200, b"[1]"),
        ('"text"', 200, b"text"),
    ],
)
def test_what_a_result_becomes(result: str, status: int, body: bytes | None) -> None:
    answer = response(result.encode())
    assert answer.status == status
    if body is None:
        assert json.loads(answer.body) == {"message": "Internal Server Error"}
    else:
        assert answer.body == body


@pytest.mark.parametrize(
    ("uri", "variables", "expected"),
    [
        (ARN, {}, FunctionName("f")),
        (f"{ARN}:live", {}, FunctionName("f", "live")),
        (f"{ARN}:${{stageVariables.alias}}", {"alias": "live"}, FunctionName("f", "live")),
        (f"{INVOCATION}:${{stageVariables.alias}}/invocations", {"alias": "7"}, FunctionName("f", "7")),
        (f"{ARN}:${{stageVariables.alias}}", {}, None),
        ("arn:aws:s3:::bucket", {}, None),
    ],
)
def test_which_function_a_uri_names(uri: str, variables: dict[str, str], expected: FunctionName | None) -> None:
    assert function_of(uri, variables) == expected


@pytest.mark.parametrize(
    ("key", "resource"), [("$default", "$default"), ("GET /a/{b}", "POST/a/{b}"), ("ANY /{proxy+}", "POST/{proxy+}")]
)
def test_on_whose_behalf_a_function_is_invoked(key: str, resource: str) -> None:
    arn = source_arn("eu-west-1", "123456789012", "api1", "prod", "POST", key)
    assert arn == f"arn:aws:execute-api:eu-west-1:123456789012:api1/prod/{resource}"
