"""The CodeBuild project that tests inside the VPC, where those tests are to run."""

from collections.abc import Iterator

from tidegate.doctor.judged import Case, command, error
from tidegate.model.finding import Check, Finding

_IMAGE = "type=LINUX_CONTAINER,image=aws/codebuild/standard:7.0,computeType=BUILD_GENERAL1_SMALL"


def judge_vpc_tests(case: Case) -> Iterator[Finding]:
    """Yield projects that do not exist although tests are to run in them."""
    tests = case.pipeline.database.vpc_tests if case.pipeline.database else None
    for name, exists in case.facts.build_projects.items():
        if tests is not None and not exists:
            what = f"{tests.enabled} is `true`, and there is no CodeBuild project {name}: nothing would be tested"
            create = command(
                *("aws", "codebuild", "create-project", "--name", name, "--artifacts", "type=NO_ARTIFACTS"),
                *("--source", "type=S3,location=BUCKET/source.zip", "--environment", _IMAGE, "--service-role", "ROLE"),
                *("--vpc-config", "vpcId=VPC,subnets=SUBNET,securityGroupIds=GROUP"),
            )
            yield error(Check.VPC_TESTS, what, name, create)
