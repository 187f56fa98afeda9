import pytest

from tidegate.localcloud.awslambda import policies
from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.function import Code, Configuration, Function, Stamp, Statement
from tidegate.localcloud.awslambda.names import FunctionName, Namespace
from tidegate.localcloud.awslambda.state import LambdaState

NAMES = Namespace("123456789012", "ap-southeast-1")
GATEWAY = "apigateway.amazonaws.com"
ANY_ROUTE = "arn:aws:execute-api:ap-southeast-1:123456789012:api1/*/*"
ROUTE = "arn:aws:execute-api:ap-southeast-1:123456789012:api1/prod/GET/x/{y}"


@pytest.fixture
def function() -> Function:
    state = LambdaState(NAMES)
    code = Code("uri", "uri", "sha256:" + "a" * 64)
    state.create("f", code, Configuration("role"), Stamp(0.0, "r", "s"))
    state.publish("f", Stamp(1.0, "t", "u"))
    return state.function("f", 2.0)


@pytest.mark.parametrize(
    ("statement", "permitted"),
    [
        (Statement("s", "lambda:InvokeFunction", GATEWAY, ANY_ROUTE), True),
        (Statement("s", "lambda:InvokeFunction", GATEWAY), True),
        (Statement("s", "lambda:*", "*", ROUTE), True),
        (Statement("s", "lambda:InvokeFunction", GATEWAY, ANY_ROUTE, "123456789012"), True),
        (Statement("s", "lambda:InvokeFunction", GATEWAY, ANY_ROUTE, "210987654321"), False),
        (Statement("s", "lambda:GetFunction", GATEWAY, ANY_ROUTE), False),
        (Statement("s", "lambda:InvokeFunction", "events.amazonaws.com", ANY_ROUTE), False),
        (Statement("s", "lambda:InvokeFunction", GATEWAY, ANY_ROUTE.replace("api1", "api2")), False),
        (Statement("s", "lambda:InvokeFunction", GATEWAY, ANY_ROUTE.replace("api1", "api[12]")), False),
    ],
)
def test_what_a_statement_permits(function: Function, statement: Statement, permitted: bool) -> None:
    policies.add(NAMES, function, "1", statement, expected=None, revision="r1")
    assert policies.permits(function, FunctionName("f", "1"), GATEWAY, ROUTE) is permitted
    assert not policies.permits(function, FunctionName("f"), GATEWAY, ROUTE)


def test_revisions_and_missing_statements(function: Function) -> None:
    statement = Statement("s", "lambda:InvokeFunction", GATEWAY)
    with pytest.raises(LambdaError, match="Precondition"):
        policies.add(NAMES, function, None, statement, expected="unknown", revision="r1")
    policies.add(NAMES, function, None, statement, expected=None, revision="r1")
    with pytest.raises(LambdaError, match="Precondition"):
        policies.remove(function, None, "s", expected="unknown", revision="r2")
    with pytest.raises(LambdaError, match="ResourceNotFound"):
        policies.remove(function, None, "t", expected="r1", revision="r2")
    with pytest.raises(LambdaError, match="ResourceNotFound"):
        policies.add(NAMES, function, "9", statement, expected=None, revision="r1")
    policies.remove(function, None, "s", expected="r1", revision="r2")
    with pytest.raises(LambdaError, match="ResourceNotFound"):
        policies.get(function, None)
