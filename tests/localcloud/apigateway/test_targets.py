import pytest

from tidegate.localcloud.apigateway.targets import function_of, source_arn
from tidegate.localcloud.awslambda.names import FunctionName

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
INVOCATION = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}"


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
