"""HTTP APIs through boto3 and plain HTTP: what AWS documents for payload format 2.0, stages, routes and CORS."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

ANSWERS = """
import base64, json

def handler(event, context):
    path = event["rawPath"].rpartition("/")[2]
    if path == "event":
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}
    if path == "arn":
        return {"statusCode": 200, "body": context.invoked_function_arn}
    if path == "plain":
        return {"hello": "world"}
    if path == "text":
        return "only text"
    if path == "none":
        return None
    if path == "cookies":
        return {"statusCode": 201, "cookies": ["a=1; Path=/", "b=2"], "headers": {"X-Number": 7}, "body": "made"}
    if path == "binary":
        return {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(bytes(range(256))).decode()}
    if path == "teapot":
        return {"statusCode": 418, "body": ""}
    if path == "malformed":
        return {"statusCode": "none"}
    if path == "cors":
        return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://function.example"}, "body": ""}
    raise RuntimeError("as asked")
"""

INTERNAL_ERROR = {"message": "Internal Server Error"}
NOT_FOUND = {"message": "Not Found"}


class Apis:
    """What tests do with APIs."""

    def __init__(self, client: Any, functions: Any) -> None:
        self.client = client
        self.functions = functions
        self.made: list[str] = []

    def create(self, **given: Any) -> tuple[str, str]:
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        made = self.client.create_api(Name=name, ProtocolType="HTTP", **given)
        self.made.append(made["ApiId"])
        return made["ApiId"], made["ApiEndpoint"]

    def permit(self, api: str, function: str, qualifier: str | None = None) -> None:
        chosen = {} if qualifier is None else {"Qualifier": qualifier}
        region, account = self.functions.settle(function)["FunctionArn"].split(":")[3:5]
        self.functions.client.add_permission(
            FunctionName=function,
            StatementId=uuid.uuid4().hex,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{region}:{account}:{api}/*/*",
            **chosen,
        )

    def integrate(self, api: str, uri: str) -> str:
        made = self.client.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
        )
        return f"integrations/{made['IntegrationId']}"

    def serve(self, source: str = ANSWERS, **given: Any) -> str:
        """An API whose `$default` stage has everything answered by one function; returns its URL."""
        function = self.functions.create(source)
        arn = self.functions.settle(function)["FunctionArn"]
        api, url = self.create(**given)
        self.client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        target = self.integrate(api, arn)
        self.client.create_route(ApiId=api, RouteKey="$default", Target=target)
        self.permit(api, function)
        return url


@pytest.fixture
def apis(client: Callable[[str], Any], functions: Any) -> Iterator[Apis]:
    made = Apis(client("apigatewayv2"), functions)
    yield made
    for api in made.made:
        try:
            made.client.delete_api(ApiId=api)
        except made.client.exceptions.NotFoundException:
            continue


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**given)
    response = error.value.response
    return str(response["Error"]["Code"]), int(response["ResponseMetadata"]["HTTPStatusCode"])


class TestEvents:
    def test_what_a_function_is_told(self, apis: Apis) -> None:
        url = apis.serve()
        answer = httpx.post(
            f"{url}/a%20b/event?x=1&y=%2F&x=2&empty=",
            content=b'{"q": "NVDA"}',
            headers=[
                ("Content-Type", "application/json"),
                ("Cookie", "a=1; b=2"),
                ("X-Many", "one"),
                ("X-Many", "two"),
                ("User-Agent", "conformance"),
            ],
        )
        event = answer.json()
        assert (event["version"], event["routeKey"]) == ("2.0", "$default")
        assert event["rawPath"] == "/a b/event"
        assert event["rawQueryString"] == "x=1&y=%2F&x=2&empty="
        assert event["queryStringParameters"] == {"x": "1,2", "y": "/", "empty": ""}
        assert event["cookies"] == ["a=1", "b=2"]
        assert "cookie" not in event["headers"]
        assert event["headers"]["x-many"] == "one,two"
        assert {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"} <= set(event["headers"])
        assert (event["body"], event["isBase64Encoded"]) == ('{"q": "NVDA"}', False)
        context = event["requestContext"]
        assert context["http"]["method"] == "POST"
        assert context["http"]["path"] == "/a b/event"
        assert context["http"]["userAgent"] == "conformance"
        assert (context["stage"], context["routeKey"]) == ("$default", "$default")
        assert context["apiId"] in apis.made
        assert "stageVariables" not in event
        assert "pathParameters" not in event

    def test_what_is_absent_is_left_out(self, apis: Apis) -> None:
        event = httpx.get(f"{apis.serve()}/event").json()
        assert {"body", "cookies", "queryStringParameters"}.isdisjoint(event)
        assert (event["rawQueryString"], event["isBase64Encoded"]) == ("", False)

    @pytest.mark.parametrize(
        ("content_type", "encoded"),
        [
            ("text/csv; charset=utf-8", False),
            ("application/xml", False),
            ("application/x-www-form-urlencoded", True),
            ("image/png", True),
            (None, True),
        ],
    )
    def test_which_bodies_are_base64(self, apis: Apis, content_type: str | None, encoded: bool) -> None:
        headers = {} if content_type is None else {"Content-Type": content_type}
        event = httpx.post(f"{apis.serve()}/event", content=b"a=b", headers=headers).json()
        assert event["isBase64Encoded"] is encoded
        assert event["body"] == (base64.b64encode(b"a=b").decode() if encoded else "a=b")


class TestResponses:
    def test_a_result_without_a_status_is_the_body(self, apis: Apis) -> None:
        url = apis.serve()
        plain, text, none = (httpx.get(f"{url}/{path}") for path in ("plain", "text", "none"))
        assert (plain.status_code, plain.json()) == (200, {"hello": "world"})
        assert plain.headers["content-type"] == "application/json"
        assert (text.status_code, text.text) == (200, "only text")
        assert none.status_code == 200

    def test_status_headers_cookies_and_body(self, apis: Apis) -> None:
        answer = httpx.get(f"{apis.serve()}/cookies")
        assert (answer.status_code, answer.text) == (201, "made")
        assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
        assert answer.headers["x-number"] == "7"
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["apigw-requestid"]

    def test_binary_and_empty_bodies(self, apis: Apis) -> None:
        url = apis.serve()
        assert httpx.get(f"{url}/binary").content == bytes(range(256))
        assert httpx.get(f"{url}/teapot").status_code == 418
        assert httpx.head(f"{url}/binary").status_code == 200

    @pytest.mark.parametrize("path", ["raise", "malformed"])
    def test_a_function_that_fails_is_an_internal_error(self, apis: Apis, path: str) -> None:
        answer = httpx.get(f"{apis.serve()}/{path}")
        assert (answer.status_code, answer.json()) == (500, INTERNAL_ERROR)

    def test_a_throttled_function_is_unavailable(self, apis: Apis) -> None:
        url = apis.serve()
        function = apis.functions.made[-1]
        apis.functions.client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        answer = httpx.get(f"{url}/plain")
        assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})


class TestRoutes:
    def test_the_most_specific_route_answers(self, apis: Apis) -> None:
        function = apis.functions.create(ANSWERS)
        api, url = apis.create()
        apis.client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        target = apis.integrate(api, apis.functions.settle(function)["FunctionArn"])
        apis.permit(api, function)
        keys = ["GET /pets/dog/event", "ANY /pets/{kind}/event", "GET /{proxy+}"]
        for key in keys:
            apis.client.create_route(ApiId=api, RouteKey=key, Target=target)
        asked = {
            ("GET", "/pets/dog/event"): (keys[0], None),
            ("PUT", "/pets/cat/event"): (keys[1], {"kind": "cat"}),
            ("PUT", "/pets/dog/event"): (keys[1], {"kind": "dog"}),
            ("GET", "/any/where/event"): (keys[2], {"proxy": "any/where/event"}),
        }
        for (method, path), (key, parameters) in asked.items():
            event = httpx.request(method, f"{url}{path}").json()
            assert (event["routeKey"], event.get("pathParameters")) == (key, parameters)
        missing = httpx.post(f"{url}/any/where/event")
        assert (missing.status_code, missing.json()) == (404, NOT_FOUND)

    @pytest.mark.parametrize("key", ["GET pets", "FETCH /pets", "/pets", ""])
    def test_a_malformed_key_is_refused(self, apis: Apis, key: str) -> None:
        api, _ = apis.create()
        assert refused(apis.client.create_route, ApiId=api, RouteKey=key) == ("BadRequestException", 400)

    def test_a_second_route_of_one_key_is_refused(self, apis: Apis) -> None:
        api, _ = apis.create()
        apis.client.create_route(ApiId=api, RouteKey="GET /x")
        assert refused(apis.client.create_route, ApiId=api, RouteKey="GET /x") == ("ConflictException", 409)

    def test_an_integration_in_use_is_not_deleted(self, apis: Apis) -> None:
        api, _ = apis.create()
        target = apis.integrate(api, "arn:aws:lambda:ap-southeast-1:123456789012:function:none")
        route = apis.client.create_route(ApiId=api, RouteKey="GET /x", Target=target)["RouteId"]
        identifier = target.partition("/")[2]
        given = {"ApiId": api, "IntegrationId": identifier}
        assert refused(apis.client.delete_integration, **given) == ("ConflictException", 409)
        apis.client.delete_route(ApiId=api, RouteId=route)
        apis.client.delete_integration(**given)
        assert apis.client.get_integrations(ApiId=api)["Items"] == []


class TestStages:
    def test_a_stage_variable_names_the_alias(self, apis: Apis) -> None:
        function = apis.functions.create(ANSWERS)
        apis.functions.publish(function)
        for alias in ("live", "candidate"):
            apis.functions.client.create_alias(FunctionName=function, Name=alias, FunctionVersion="1")
        arn = apis.functions.settle(function)["FunctionArn"]
        api, url = apis.create()
        uri = (
            f"arn:aws:apigateway:{arn.split(':')[3]}:lambda:path/2015-03-31/functions/"
            f"{arn}:${{stageVariables.alias}}/invocations"
        )
        target = apis.integrate(api, uri)
        apis.client.create_route(ApiId=api, RouteKey="ANY /{proxy+}", Target=target)
        for stage, alias in (("$default", "live"), ("test", "candidate")):
            apis.client.create_stage(
                ApiId=api, StageName=stage, AutoDeploy=True, StageVariables={"alias": alias, "color": "red"}
            )
        assert httpx.get(f"{url}/arn").json() == INTERNAL_ERROR, "nobody permitted it yet"
        apis.permit(api, function)
        assert httpx.get(f"{url}/arn").json() == INTERNAL_ERROR, "an unqualified permission does not cover an alias"
        for alias in ("live", "candidate"):
            apis.permit(api, function, alias)
        assert httpx.get(f"{url}/arn").text == f"{arn}:live"
        assert httpx.get(f"{url}/test/arn").text == f"{arn}:candidate"
        event = httpx.get(f"{url}/test/event").json()
        assert event["rawPath"] == "/test/event"
        assert event["pathParameters"] == {"proxy": "event"}
        assert event["requestContext"]["stage"] == "test"
        assert event["stageVariables"] == {"alias": "candidate", "color": "red"}
        apis.client.update_stage(ApiId=api, StageName="test", StageVariables={"alias": "live"})
        assert httpx.get(f"{url}/test/arn").text == f"{arn}:live"

    def test_a_stage_serves_what_was_deployed_to_it(self, apis: Apis) -> None:
        function = apis.functions.create(ANSWERS)
        api, url = apis.create()
        apis.permit(api, function)
        target = apis.integrate(api, apis.functions.settle(function)["FunctionArn"])
        apis.client.create_stage(ApiId=api, StageName="$default")
        apis.client.create_route(ApiId=api, RouteKey="GET /text", Target=target)
        assert httpx.get(f"{url}/text").status_code == 404
        apis.client.create_deployment(ApiId=api, StageName="$default")
        assert httpx.get(f"{url}/text").text == "only text"
        apis.client.create_route(ApiId=api, RouteKey="GET /plain", Target=target)
        assert httpx.get(f"{url}/plain").status_code == 404
        apis.client.update_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        assert httpx.get(f"{url}/plain").json() == {"hello": "world"}

    def test_an_api_without_a_stage_serves_nothing(self, apis: Apis) -> None:
        _, url = apis.create()
        answer = httpx.get(url)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_a_deleted_api_serves_nothing(self, apis: Apis) -> None:
        url = apis.serve()
        apis.client.delete_api(ApiId=apis.made[-1])
        with pytest.raises(apis.client.exceptions.NotFoundException):
            apis.client.get_api(ApiId=apis.made[-1])
        assert httpx.get(f"{url}/text").status_code == 404

    def test_what_was_made_is_listed(self, apis: Apis) -> None:
        apis.serve(Tags={"team": "reports"}, Description="for users")
        api = apis.made[-1]
        listed = {one["ApiId"]: one for one in apis.client.get_apis()["Items"]}[api]
        assert (listed["Description"], listed["Tags"]) == ("for users", {"team": "reports"})
        assert listed["ProtocolType"] == "HTTP"
        stage = apis.client.get_stage(ApiId=api, StageName="$default")
        assert stage["AutoDeploy"] is True
        assert stage["DeploymentId"] in [one["DeploymentId"] for one in apis.client.get_deployments(ApiId=api)["Items"]]
        integration = apis.client.get_integrations(ApiId=api)["Items"][0]
        assert integration["PayloadFormatVersion"] == "2.0"
        route = apis.client.get_routes(ApiId=api)["Items"][0]
        assert route["Target"] == f"integrations/{integration['IntegrationId']}"
        apis.client.delete_stage(ApiId=api, StageName="$default")
        assert apis.client.get_stages(ApiId=api)["Items"] == []


CORS = {
    "AllowOrigins": ["https://app.example"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["content-type"],
    "ExposeHeaders": ["x-release"],
    "MaxAge": 300,
}


class TestCors:
    def test_a_preflight_request_is_answered_without_the_function(self, apis: Apis) -> None:
        url = apis.serve(CorsConfiguration=CORS)
        asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        answer = httpx.options(f"{url}/raise", headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert answer.headers["access-control-allow-methods"] == "GET,POST"
        assert answer.headers["access-control-allow-headers"] == "content-type"
        assert answer.headers["access-control-max-age"] == "300"
        other = httpx.options(f"{url}/raise", headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers

    def test_the_functions_own_headers_are_replaced(self, apis: Apis) -> None:
        url = apis.serve(CorsConfiguration=CORS)
        answer = httpx.get(f"{url}/cors", headers={"Origin": "https://app.example"})
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert answer.headers["access-control-expose-headers"] == "x-release"
        assert "access-control-allow-origin" not in httpx.get(f"{url}/cors").headers

    def test_without_a_configuration_the_functions_headers_pass(self, apis: Apis) -> None:
        answer = httpx.get(f"{apis.serve()}/cors", headers={"Origin": "https://app.example"})
        assert answer.headers["access-control-allow-origin"] == "https://function.example"


def test_statuses_are_counted_by_api_and_stage(apis: Apis, client: Callable[[str], Any]) -> None:
    url = apis.serve()
    for path in ("plain", "teapot", "raise"):
        httpx.get(f"{url}/{path}")
    cloudwatch = client("cloudwatch")
    dimensions = [{"Name": "ApiId", "Value": apis.made[-1]}, {"Name": "Stage", "Value": "$default"}]
    found = {name: total(cloudwatch, "AWS/ApiGateway", name, dimensions) for name in ("Count", "4xx", "5xx")}
    assert found == {"Count": 3.0, "4xx": 1.0, "5xx": 1.0}


def test_the_same_target_by_quick_create(apis: Apis) -> None:
    function = apis.functions.create(ANSWERS)
    api, url = apis.create(Target=apis.functions.settle(function)["FunctionArn"])
    apis.permit(api, function)
    assert json.loads(httpx.get(f"{url}/plain").text) == {"hello": "world"}


def total(cloudwatch: Any, namespace: str, name: str, dimensions: list[dict[str, str]]) -> float:
    now = datetime.now(UTC)
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions,
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))
