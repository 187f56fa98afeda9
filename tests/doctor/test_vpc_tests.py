"""The CodeBuild project that tests inside the VPC."""

from dataclasses import replace

from tests.doctor.cases import PIPELINE, SOUND, found, only
from tests.plan.database import SPEC
from tidegate.model.database import VpcTests

TESTED = replace(PIPELINE, database=replace(SPEC, vpc_tests=VpcTests("vpc-tests-{env}")))


def test_a_project_that_is_there_is_sound() -> None:
    assert found(replace(SOUND, build_projects={"vpc-tests-dev": True}), TESTED) == []
    assert found(SOUND, TESTED) == []


def test_a_project_that_is_missing_keeps_a_run_out() -> None:
    finding = only(replace(SOUND, build_projects={"vpc-tests-dev": False}), TESTED)
    assert finding.blocks
    assert (finding.check.value, finding.where) == ("vpc-tests", "vpc-tests-dev")
    assert "AURORA_ENABLED is `true`, and there is no CodeBuild project vpc-tests-dev" in finding.what
    assert finding.mend[0].startswith("aws codebuild create-project --name vpc-tests-dev ")
