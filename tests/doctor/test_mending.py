"""Break it, find it, run the commands of the finding, and it is gone: on the embedded cloud, with AWS's own client."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.doctor.conftest import Patient
from tests.plan.database import SPEC
from tidegate.doctor.examine import examine
from tidegate.doctor.judged import Case
from tidegate.doctor.vpc_tests import judge_vpc_tests
from tidegate.model.database import VpcTests
from tidegate.model.facts import EnvironmentFacts, Settings
from tidegate.model.finding import Check, Finding
from tidegate.operations.examination import Subject, look

API, WORKER = "shop-api-dev", "shop-worker-dev"
ARN = "arn:aws:lambda:ap-southeast-1:123456789012:function"
Break = Callable[[Patient], object]


def _mapping(patient: Patient) -> str:
    functions = patient.client("lambda")
    for found in functions.list_event_source_mappings(FunctionName=WORKER)["EventSourceMappings"]:
        if found["EventSourceArn"].endswith("-candidate"):
            return str(found["UUID"])
    raise AssertionError("no mapping")


def _api(patient: Patient) -> str:
    [found] = [one for one in patient.client("apigatewayv2").get_apis()["Items"] if one["Name"] == "shop-dev"]
    return str(found["ApiId"])


def _unqualified_integration(patient: Patient) -> None:
    apis, identity = patient.client("apigatewayv2"), _api(patient)
    [integration] = apis.get_integrations(ApiId=identity)["Items"]
    apis.update_integration(ApiId=identity, IntegrationId=integration["IntegrationId"], IntegrationUri=f"{ARN}:{API}")


def _no_stage_variable(patient: Patient) -> None:
    apis, identity = patient.client("apigatewayv2"), _api(patient)
    apis.delete_stage(ApiId=identity, StageName="live")
    apis.create_stage(ApiId=identity, StageName="live", AutoDeploy=True)


def _expire_all(patient: Patient) -> None:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    patient.client("ecr").put_lifecycle_policy(repositoryName="shop", lifecyclePolicyText=json.dumps({"rules": [rule]}))


def _split_traffic(patient: Patient) -> None:
    functions = patient.client("lambda")
    functions.update_function_configuration(FunctionName=API, Description="another")
    functions.get_waiter("function_updated_v2").wait(FunctionName=API)
    second = functions.publish_version(FunctionName=API)["Version"]
    assert second != "1"
    functions.update_alias(FunctionName=API, Name="live", RoutingConfig={"AdditionalVersionWeights": {second: 0.2}})


def _drop_secret(patient: Patient) -> None:
    patient.client("secretsmanager").delete_secret(SecretId="shop-key-dev", ForceDeleteWithoutRecovery=True)
    (patient.project.folder / "SECRET").write_text("a value of a person's own", encoding="utf-8")


BROKEN: list[tuple[str, Check, Break]] = [
    ("scheme", Check.SETTINGS, lambda it: it.set("CLOUDFRONT_TEST_DOMAIN", f"http://{_test_domain(it)}")),
    ("space", Check.SETTINGS, lambda it: it.set("WEBAPP_BUCKET_NAME", "shop-web-dev ")),
    ("other domain", Check.SITE, lambda it: it.set("CLOUDFRONT_TEST_DOMAIN", "d111111abcdef8.cloudfront.net")),
    ("other bucket", Check.SITE, lambda it: it.set("WEBAPP_BUCKET_NAME", "shop-web-prod")),
    ("candidate's API", Check.API, lambda it: it.set("TELEGRAM_API_URL", it.settings()["TELEGRAM_CANDIDATE_API_URL"])),
    ("no such API", Check.API, lambda it: it.set("TELEGRAM_API_URL", "https://example.org/live")),
    (
        "tracing",
        Check.TRACING,
        lambda it: it.client("lambda").update_function_configuration(
            FunctionName=WORKER, TracingConfig={"Mode": "PassThrough"}
        ),
    ),
    (
        "kept for ever",
        Check.LOGS,
        lambda it: it.client("logs").delete_retention_policy(logGroupName=f"/aws/lambda/{API}"),
    ),
    ("no log group", Check.LOGS, lambda it: it.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{API}")),
    ("alarm", Check.ALARMS, lambda it: it.client("cloudwatch").delete_alarms(AlarmNames=[f"{API}-errors"])),
    (
        "permission",
        Check.UNQUALIFIED,
        lambda it: it.client("lambda").add_permission(
            FunctionName=API, StatementId="open", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
        ),
    ),
    (
        "event source",
        Check.UNQUALIFIED,
        lambda it: it.client("lambda").update_event_source_mapping(UUID=_mapping(it), FunctionName=WORKER),
    ),
    (
        "rule target",
        Check.UNQUALIFIED,
        lambda it: it.client("events").put_targets(Rule=WORKER, Targets=[{"Id": "live", "Arn": f"{ARN}:{WORKER}"}]),
    ),
    (
        "function URL",
        Check.UNQUALIFIED,
        lambda it: it.client("lambda").create_function_url_config(FunctionName=API, AuthType="NONE"),
    ),
    ("integration", Check.UNQUALIFIED, _unqualified_integration),
    ("stage variable", Check.UNQUALIFIED, _no_stage_variable),
    ("secret", Check.SECRET, _drop_secret),
    (
        "mutable tags",
        Check.REGISTRY,
        lambda it: it.client("ecr").put_image_tag_mutability(repositoryName="shop", imageTagMutability="MUTABLE"),
    ),
    ("no lifecycle", Check.LIFECYCLE, lambda it: it.client("ecr").delete_lifecycle_policy(repositoryName="shop")),
    ("lifecycle of three", Check.LIFECYCLE, _expire_all),
    ("split traffic", Check.DRIFT, _split_traffic),
]


def _test_domain(patient: Patient) -> str:
    return patient.settings()["CLOUDFRONT_TEST_DOMAIN"]


@pytest.fixture(scope="module", autouse=True)
def live(patient: Patient) -> None:
    patient.went_live()


async def test_what_cloud_up_creates_is_sound(patient: Patient) -> None:
    assert await patient.findings() == ()


@pytest.mark.parametrize(("check", "broken"), [pytest.param(*rest, id=name) for name, *rest in BROKEN])
async def test_broken_found_mended_gone(patient: Patient, check: Check, broken: Break) -> None:
    broken(patient)
    [finding] = await patient.findings()
    assert finding.check is check
    for line in finding.mend:
        patient.run(line)
    assert await patient.findings() == ()


async def test_a_role_that_others_may_assume(patient: Patient) -> None:
    """The doctor asks no emulator about roles by itself: any keys do there."""
    principal = {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": principal}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = patient.client("iam").create_role(RoleName="deploy-dev", AssumeRolePolicyDocument=policy)
    settings = Settings(patient.settings(), role=made["Role"]["Arn"], repository="acme/shop")

    async def found() -> list[Finding]:
        async with patient.project.cloud(patient.pipeline) as cloud:
            facts = await look(cloud, Subject(patient.pipeline, "dev", settings))
        return [one for one in examine(patient.pipeline, facts) if one.check is Check.TRUST]

    [finding] = await found()
    assert finding.what.startswith("every workflow on GitHub may assume")
    patient.run(finding.mend[0])
    assert await found() == []


async def test_a_copied_secret_is_told_by_its_name_alone(patient: Patient) -> None:
    functions = patient.client("lambda")
    before = functions.get_function_configuration(FunctionName=WORKER).get("Environment", {}).get("Variables", {})
    changed = {"Variables": {**before, "BOT_TOKEN": "s3cret-value"}}
    functions.update_function_configuration(FunctionName=WORKER, Environment=changed)
    [finding] = await patient.findings()
    assert (finding.check, finding.where) == (Check.COPIED_SECRET, f"{WORKER} BOT_TOKEN")
    assert "s3cret-value" not in repr(finding)
    functions.update_function_configuration(FunctionName=WORKER, Environment={"Variables": before})
    assert await patient.findings() == ()


def test_a_missing_project_is_made_by_its_command(patient: Patient) -> None:
    tests = VpcTests("shop-vpc-tests-{env}")
    pipeline = replace(patient.pipeline, database=replace(SPEC, vpc_tests=tests))
    facts = EnvironmentFacts("dev", "ap-southeast-1", build_projects={"shop-vpc-tests-dev": False})
    [finding] = judge_vpc_tests(Case(pipeline, facts))
    for line in finding.mend:
        patient.run(line)
    found = patient.client("codebuild").batch_get_projects(names=["shop-vpc-tests-dev"])
    assert found["projectsNotFound"] == []


async def test_a_distribution_that_is_not_there(patient: Patient) -> None:
    right = patient.settings()["CLOUDFRONT_DISTRIBUTION_ID"]
    patient.set("CLOUDFRONT_DISTRIBUTION_ID", "E2QWRUHAPOMQZL")
    assert [one.check for one in await patient.findings()] == [Check.SITE]
    patient.set("CLOUDFRONT_DISTRIBUTION_ID", right)
    assert await patient.findings() == ()
