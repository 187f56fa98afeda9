"""Lambda through boto3: what AWS documents for functions, versions, aliases and invocation."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

UNKNOWN_REVISION = "00000000-0000-0000-0000-000000000000"


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**given)
    response = error.value.response
    return str(response["Error"]["Code"]), int(response["ResponseMetadata"]["HTTPStatusCode"])


NOT_FOUND = ("ResourceNotFoundException", 404)
CONFLICT = ("ResourceConflictException", 409)
INVALID = ("InvalidParameterValueException", 400)
PRECONDITION = ("PreconditionFailedException", 412)


class TestFunctions:
    def test_a_new_function_is_pending_and_then_active(self, functions: Any) -> None:
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        uri = functions.push({"app.py": functions.echo})
        made = functions.client.create_function(
            FunctionName=name,
            PackageType="Image",
            Code={"ImageUri": uri},
            Role=functions.role,
            Timeout=7,
            MemorySize=256,
        )
        functions.made.append(name)
        assert made["State"] == "Pending"
        assert made["Version"] == "$LATEST"
        settled = functions.settle(name)
        assert (settled["State"], settled["LastUpdateStatus"]) == ("Active", "Successful")
        assert (settled["Timeout"], settled["MemorySize"], settled["PackageType"]) == (7, 256, "Image")
        assert settled["CodeSha256"] == uri.rpartition("sha256:")[2]
        assert settled["RevisionId"] != made["RevisionId"]
        code = functions.client.get_function(FunctionName=name)["Code"]
        assert code["ImageUri"] == uri
        assert code["ResolvedImageUri"].endswith(f"@sha256:{settled['CodeSha256']}")

    def test_a_pending_function_takes_no_update_and_no_invocation(self, functions: Any) -> None:
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        uri = functions.push({"app.py": functions.echo})
        functions.client.create_function(
            FunctionName=name, PackageType="Image", Code={"ImageUri": uri}, Role=functions.role
        )
        functions.made.append(name)
        assert refused(functions.client.update_function_configuration, FunctionName=name, Timeout=4) == CONFLICT

    def test_a_second_function_of_one_name_is_refused(self, functions: Any) -> None:
        name = functions.create()
        uri = functions.push({"app.py": functions.echo})
        given = {"FunctionName": name, "PackageType": "Image", "Code": {"ImageUri": uri}, "Role": functions.role}
        assert refused(functions.client.create_function, **given) == CONFLICT

    def test_an_image_that_does_not_exist_is_refused(self, functions: Any) -> None:
        uri = functions.push({"app.py": functions.echo}).rpartition("@")[0] + f"@sha256:{'0' * 64}"
        given = {
            "FunctionName": "conformance-none",
            "PackageType": "Image",
            "Code": {"ImageUri": uri},
            "Role": functions.role,
        }
        assert refused(functions.client.create_function, **given) == INVALID

    @pytest.mark.parametrize("operation", ["get_function", "delete_function", "publish_version", "get_policy"])
    def test_a_missing_function_is_not_found(self, functions: Any, operation: str) -> None:
        call = getattr(functions.client, operation)
        with pytest.raises(functions.client.exceptions.ResourceNotFoundException) as error:
            call(FunctionName="conformance-missing")
        assert ":function:conformance-missing" in str(error.value)

    def test_reserved_environment_variables_are_refused(self, functions: Any) -> None:
        name = functions.create()
        given = {"FunctionName": name, "Environment": {"Variables": {"AWS_REGION": "eu-west-1"}}}
        assert refused(functions.client.update_function_configuration, **given) == INVALID

    def test_tags_and_reserved_concurrency(self, functions: Any) -> None:
        name = functions.create(Tags={"team": "reports"})
        arn = functions.client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        functions.client.tag_resource(Resource=arn, Tags={"tier": "api"})
        functions.client.untag_resource(Resource=arn, TagKeys=["team"])
        assert functions.client.list_tags(Resource=arn)["Tags"] == {"tier": "api"}
        functions.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        assert refused(functions.client.invoke, FunctionName=name) == ("TooManyRequestsException", 429)
        functions.client.delete_function_concurrency(FunctionName=name)
        assert functions.invoke(name)["region"]


class TestUpdates:
    def test_the_revision_changes_when_an_update_is_accepted_and_when_it_completes(self, functions: Any) -> None:
        name = functions.create()
        before = functions.settle(name)["RevisionId"]
        accepted = functions.client.update_function_configuration(FunctionName=name, Timeout=9)
        assert accepted["LastUpdateStatus"] == "InProgress"
        completed = functions.settle(name)
        assert len({before, accepted["RevisionId"], completed["RevisionId"]}) == 3
        assert completed["Timeout"] == 9

    def test_an_update_in_progress_refuses_another_one(self, functions: Any) -> None:
        name = functions.create()
        functions.client.update_function_configuration(FunctionName=name, Timeout=9)
        assert refused(functions.client.update_function_configuration, FunctionName=name, Timeout=8) == CONFLICT
        assert refused(functions.client.publish_version, FunctionName=name) == CONFLICT

    def test_new_code_by_digest(self, functions: Any) -> None:
        name = functions.create()
        uri = functions.push({"app.py": functions.echo.replace("asked", "told")})
        revision = functions.settle(name)["RevisionId"]
        functions.client.update_function_code(FunctionName=name, ImageUri=uri, RevisionId=revision)
        assert functions.settle(name)["CodeSha256"] == uri.rpartition(":")[2]

    def test_a_dry_run_changes_nothing(self, functions: Any) -> None:
        name = functions.create()
        before = functions.settle(name)
        uri = functions.push({"app.py": functions.echo.replace("asked", "told")})
        answer = functions.client.update_function_code(FunctionName=name, ImageUri=uri, DryRun=True)
        assert answer["CodeSha256"] == uri.rpartition(":")[2]
        after = functions.settle(name)
        assert (after["CodeSha256"], after["RevisionId"]) == (before["CodeSha256"], before["RevisionId"])

    def test_another_revision_is_a_failed_precondition(self, functions: Any) -> None:
        name = functions.create()
        uri = functions.push({"app.py": functions.echo})
        call = functions.client
        assert refused(call.update_function_code, FunctionName=name, ImageUri=uri, RevisionId=UNKNOWN_REVISION) == (
            PRECONDITION
        )
        given = {"FunctionName": name, "RevisionId": UNKNOWN_REVISION}
        assert refused(call.update_function_configuration, Timeout=4, **given) == PRECONDITION
        assert refused(call.publish_version, **given) == PRECONDITION


class TestVersions:
    def test_a_version_freezes_code_and_configuration(self, functions: Any) -> None:
        name = functions.versions(["red", "green"])
        assert [functions.invoke(name, Qualifier=one)["color"] for one in ("1", "2", "$LATEST")] == [
            "red",
            "green",
            "green",
        ]

    def test_a_new_version_is_pending_first(self, functions: Any) -> None:
        name = functions.create()
        published = functions.client.publish_version(FunctionName=name, Description="first")
        assert (published["Version"], published["State"], published["Description"]) == ("1", "Pending", "first")
        assert published["FunctionArn"].endswith(f":{name}:1")
        assert functions.settle(name, "1")["State"] == "Active"

    def test_publishing_without_a_change_answers_the_same_version(self, functions: Any) -> None:
        name = functions.versions(["red"])
        assert functions.publish(name, Description="again") == "1"
        functions.recolor(name, "green")
        assert functions.publish(name) == "2"

    def test_the_code_must_be_the_expected_one(self, functions: Any) -> None:
        name = functions.create()
        sha = functions.settle(name)["CodeSha256"]
        assert refused(functions.client.publish_version, FunctionName=name, CodeSha256="0" * 64) == INVALID
        assert functions.publish(name, CodeSha256=sha) == "1"

    def test_numbers_are_never_used_again(self, functions: Any) -> None:
        name = functions.versions(["red", "green"])
        functions.client.delete_function(FunctionName=name, Qualifier="2")
        assert functions.publish(name) == "3"
        functions.client.delete_function(FunctionName=name)
        uri = functions.push({"app.py": functions.echo})
        functions.client.create_function(
            FunctionName=name, PackageType="Image", Code={"ImageUri": uri}, Role=functions.role
        )
        functions.settle(name)
        assert functions.publish(name) == "4"

    def test_versions_are_listed_with_latest_first(self, functions: Any) -> None:
        name = functions.versions(["red", "green"])
        listed = functions.client.list_versions_by_function(FunctionName=name)["Versions"]
        assert [one["Version"] for one in listed] == ["$LATEST", "1", "2"]
        assert name in [one["FunctionName"] for one in all_functions(functions.client)]

    def test_a_version_that_an_alias_points_to_is_not_deleted(self, functions: Any) -> None:
        name = functions.versions(["red", "green"])
        functions.client.create_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
        )
        for number in ("1", "2"):
            assert refused(functions.client.delete_function, FunctionName=name, Qualifier=number) == CONFLICT
        assert refused(functions.client.delete_function, FunctionName=name, Qualifier="$LATEST") == INVALID

    def test_a_function_can_be_published_as_it_is_made(self, functions: Any) -> None:
        name = functions.create(Publish=True)
        assert functions.settle(name, "1")["Version"] == "1"


def all_functions(client: Any) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_functions").paginate()
    return [function for page in pages for function in page["Functions"]]


class TestAliases:
    def test_an_alias_from_creation_to_deletion(self, functions: Any) -> None:
        name = functions.versions(["red", "green"])
        call = functions.client
        made = call.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="users")
        assert made["AliasArn"].endswith(f":{name}:live")
        moved = call.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RevisionId=made["RevisionId"])
        assert (moved["FunctionVersion"], moved["Description"]) == ("2", "users")
        assert moved["RevisionId"] != made["RevisionId"]
        assert call.get_alias(FunctionName=name, Name="live")["RevisionId"] == moved["RevisionId"]
        assert functions.invoke(name, Qualifier="live")["arn"].endswith(f":{name}:live")
        assert functions.invoke(f"{name}:live")["version"] == "2"
        assert [one["Name"] for one in call.list_aliases(FunctionName=name)["Aliases"]] == ["live"]
        assert call.list_aliases(FunctionName=name, FunctionVersion="1")["Aliases"] == []
        call.delete_alias(FunctionName=name, Name="live")
        assert refused(call.get_alias, FunctionName=name, Name="live") == NOT_FOUND
        assert refused(call.invoke, FunctionName=name, Qualifier="live") == NOT_FOUND

    def test_a_lost_race_is_a_failed_precondition(self, functions: Any) -> None:
        name = functions.versions(["red"])
        given = {"FunctionName": name, "Name": "live"}
        made = functions.client.create_alias(FunctionVersion="1", **given)
        functions.client.update_alias(Description="somebody else", **given)
        lost = refused(functions.client.update_alias, FunctionVersion="1", RevisionId=made["RevisionId"], **given)
        assert lost == PRECONDITION

    def test_an_alias_to_a_missing_version_is_refused(self, functions: Any) -> None:
        name = functions.versions(["red"])
        given = {"FunctionName": name, "Name": "live"}
        assert refused(functions.client.create_alias, FunctionVersion="9", **given) == NOT_FOUND
        functions.client.create_alias(FunctionVersion="1", **given)
        assert refused(functions.client.update_alias, FunctionVersion="9", **given) == NOT_FOUND
        assert refused(functions.client.create_alias, FunctionVersion="1", **given) == CONFLICT

    @pytest.mark.parametrize(
        ("version", "weights"),
        [
            ("$LATEST", {"1": 0.1}),
            ("1", {"1": 0.1}),
            ("1", {"$LATEST": 0.1}),
            ("1", {"2": 1.5}),
            ("1", {"2": 0.1, "3": 0.1}),
        ],
    )
    def test_weights_that_aws_does_not_take(self, functions: Any, version: str, weights: dict[str, float]) -> None:
        name = functions.versions(["red", "green", "blue"])
        code, status = refused(
            functions.client.create_alias,
            FunctionName=name,
            Name="live",
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )
        assert (code, status) in (INVALID, ("ValidationException", 400))

    @pytest.mark.parametrize("name", ["7", "white space", "a:b"])
    def test_a_malformed_name_is_refused(self, functions: Any, name: str) -> None:
        function = functions.versions(["red"])
        code = refused(functions.client.create_alias, FunctionName=function, Name=name, FunctionVersion="1")
        assert code == ("ValidationException", 400)

    def test_weights_split_the_traffic(self, functions: Any) -> None:
        name = functions.versions(["red", "green"])
        given = {"FunctionName": name, "Name": "live"}
        functions.client.create_alias(
            FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}, **given
        )
        executed = [functions.client.invoke(FunctionName=name, Qualifier="live") for _ in range(60)]
        for one in executed:
            one["Payload"].read()
        assert {one["ExecutedVersion"] for one in executed} == {"1", "2"}
        functions.client.update_alias(RoutingConfig={"AdditionalVersionWeights": {}}, **given)
        after = functions.client.get_alias(**given)
        assert after.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) == {}
        assert {functions.invoke(name, Qualifier="live")["version"] for _ in range(10)} == {"1"}

    def test_weights_stay_when_an_update_does_not_name_them(self, functions: Any) -> None:
        name = functions.versions(["red", "green"])
        given = {"FunctionName": name, "Name": "live"}
        weights = {"AdditionalVersionWeights": {"2": 0.25}}
        functions.client.create_alias(FunctionVersion="1", RoutingConfig=weights, **given)
        assert functions.client.update_alias(Description="x", **given)["RoutingConfig"] == weights


class TestPolicies:
    def test_a_permission_from_addition_to_removal(self, functions: Any) -> None:
        name = functions.versions(["red"])
        call = functions.client
        call.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        source = "arn:aws:events:ap-southeast-1:123456789012:rule/tick"
        given = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", "SourceArn": source}
        call.add_permission(FunctionName=name, Qualifier="live", StatementId="tick", **given)
        taken = refused(call.add_permission, FunctionName=name, Qualifier="live", StatementId="tick", **given)
        assert taken == CONFLICT
        statement = json.loads(call.get_policy(FunctionName=name, Qualifier="live")["Policy"])["Statement"][0]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == source
        assert statement["Resource"].endswith(f":{name}:live")
        assert refused(call.get_policy, FunctionName=name) == NOT_FOUND
        call.remove_permission(FunctionName=name, Qualifier="live", StatementId="tick")
        assert refused(call.get_policy, FunctionName=name, Qualifier="live") == NOT_FOUND
