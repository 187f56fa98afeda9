"""Function URLs through boto3 and plain HTTP: whose `$LATEST` or alias they invoke, and who may ask."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ANSWERS = """
import json

def handler(event, context):
    match event["rawPath"]:
        case "/arn":
            return {"statusCode": 200, "body": context.invoked_function_arn}
        case "/text":
            return "only text"
        case "/malformed":
            return {"statusCode": "none"}
        case "/teapot":
            return {"statusCode": 418, "cookies": ["a=1", "b=2"], "headers": {"X-Number": 7}, "body": ""}
        case "/error":
            raise RuntimeError("as asked")
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}
"""
NOT_FOUND = ("ResourceNotFoundException", 404)
CONFLICT = ("ResourceConflictException", 409)


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**given)
    response = error.value.response
    return str(response["Error"]["Code"]), int(response["ResponseMetadata"]["HTTPStatusCode"])


@pytest.fixture
def name(functions: Any) -> str:
    """A function with one version, and the alias `live` to it."""
    made = str(functions.create(ANSWERS))
    functions.client.create_alias(FunctionName=made, Name="live", FunctionVersion=functions.publish(made))
    return made


def opened(functions: Any, name: str, **qualifier: str) -> str:
    """The address of a URL that everybody may ask."""
    asked = {"FunctionName": name, **qualifier}
    permit = functions.client.add_permission
    permit(**asked, StatementId="ask", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    permit(**asked, StatementId="run", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True)
    return str(functions.client.create_function_url_config(**asked, AuthType="NONE")["FunctionUrl"])


class TestConfigs:
    def test_each_of_function_and_alias_has_a_url_of_its_own(self, functions: Any, name: str) -> None:
        assert functions.client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"] == []
        made = functions.client.create_function_url_config(FunctionName=name, AuthType="NONE")
        live = functions.client.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="AWS_IAM")
        assert live["FunctionArn"] == f"{made['FunctionArn']}:live"
        assert live["FunctionUrl"] != made["FunctionUrl"]
        listed = functions.client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
        assert {one["FunctionUrl"] for one in listed} == {live["FunctionUrl"], made["FunctionUrl"]}
        changed = functions.client.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
        found = functions.client.get_function_url_config(FunctionName=name)
        assert (found["FunctionUrl"], found["AuthType"]) == (made["FunctionUrl"], "AWS_IAM")
        assert found["CreationTime"] == made["CreationTime"] <= changed["LastModifiedTime"]

    def test_what_is_not_there_or_is_there_already_is_refused(self, functions: Any, name: str) -> None:
        client = functions.client
        for call in (client.get_function_url_config, client.delete_function_url_config):
            assert refused(call, FunctionName=name) == NOT_FOUND
        create = client.create_function_url_config
        assert refused(create, FunctionName=f"{name}-not", AuthType="NONE") == NOT_FOUND
        assert refused(create, FunctionName=name, Qualifier="none", AuthType="NONE") == NOT_FOUND
        assert refused(create, FunctionName=name, Qualifier="1", AuthType="NONE")[1] == 400
        create(FunctionName=name, AuthType="NONE")
        assert refused(create, FunctionName=name, AuthType="NONE") == CONFLICT

    @pytest.mark.usefixtures("embedded_cloud")
    @pytest.mark.parametrize("more", [{"InvokeMode": "RESPONSE_STREAM"}, {"Cors": {"AllowOrigins": ["*"]}}])
    def test_what_is_not_emulated_is_refused(self, functions: Any, name: str, more: dict[str, Any]) -> None:
        with pytest.raises(ClientError):
            functions.client.create_function_url_config(FunctionName=name, AuthType="NONE", **more)
        assert functions.client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"] == []


class TestRequests:
    def test_a_request_is_an_event_of_format_2(self, functions: Any, name: str) -> None:
        url = opened(functions, name)
        answer = httpx.post(f"{url}a%20b?x=1&x=2", content=b"\x00\x01", headers={"cookie": "a=1; b=2"}, timeout=20)
        event = answer.json()
        assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a b")
        assert (event["queryStringParameters"], event["cookies"]) == ({"x": "1,2"}, ["a=1", "b=2"])
        assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\x01", True)
        context = event["requestContext"]
        assert (context["stage"], context["http"]["method"]) == ("$default", "POST")
        assert context["domainName"] == event["headers"]["host"]

    def test_the_qualifier_is_that_of_the_url(self, functions: Any, name: str) -> None:
        for qualifier in ({}, {"Qualifier": "live"}):
            url = opened(functions, name, **qualifier)
            arn = httpx.get(f"{url}arn", timeout=20).text
            assert arn.endswith(f":function:{name}:live" if qualifier else f":function:{name}")

    def test_answers_and_failures(self, functions: Any, name: str) -> None:
        url = opened(functions, name)
        text = httpx.get(f"{url}text", timeout=20)
        assert (text.status_code, text.text, text.headers["content-type"]) == (200, "only text", "application/json")
        teapot = httpx.get(f"{url}teapot", timeout=20)
        assert (teapot.status_code, teapot.headers["x-number"]) == (418, "7")
        assert teapot.headers.get_list("set-cookie") == ["a=1", "b=2"]
        for path in ("malformed", "error"):
            assert httpx.get(f"{url}{path}", timeout=20).status_code == 502

    def test_nobody_may_ask_who_was_not_permitted(self, functions: Any, name: str) -> None:
        url = functions.client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
        assert httpx.get(url, timeout=20).status_code == 403
        ask = {"StatementId": "ask", "Action": "lambda:InvokeFunctionUrl", "Principal": "*"}
        functions.client.add_permission(FunctionName=name, Qualifier="live", FunctionUrlAuthType="NONE", **ask)
        assert httpx.get(url, timeout=20).status_code == 403

    def test_who_signs_may_ask_where_that_is_asked_for(self, functions: Any, name: str) -> None:
        url = functions.client.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
        assert httpx.get(f"{url}text", timeout=20).status_code == 403
        request = AWSRequest("GET", f"{url}text")
        SigV4Auth(Credentials("test", "test"), "lambda", "ap-southeast-1").add_auth(request)
        assert httpx.get(f"{url}text", headers=dict(request.headers.items()), timeout=20).text == "only text"

    def test_a_deleted_url_answers_no_more(self, functions: Any, name: str) -> None:
        url = opened(functions, name, Qualifier="live")
        assert httpx.get(f"{url}text", timeout=20).status_code == 200
        functions.client.delete_function_url_config(FunctionName=name, Qualifier="live")
        assert httpx.get(f"{url}text", timeout=20).status_code == 403
