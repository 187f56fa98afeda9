"""CodeBuild through boto3: projects, and builds that really run."""

import contextlib
import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

LIMIT_SECONDS = 120.0
PHASES = ["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"]
ENDING = ["UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"]
ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}


def spec(build: list[str], **more: Any) -> str:
    phases = {"build": {"commands": build}} | more.pop("phases", {})
    return json.dumps({"version": 0.2, "phases": phases, **more})


class Builds:
    """What tests do with projects and builds, waits included."""

    role = "arn:aws:iam::123456789012:role/conformance"

    def __init__(self, client: Any, logs: Any) -> None:
        self.client = client
        self.logs = logs
        self.made: list[str] = []

    def project(self, buildspec: str = spec(["true"]), **given: Any) -> str:
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        source = given.pop("source", {"type": "NO_SOURCE", "buildspec": buildspec})
        environment = ENVIRONMENT | given.pop("environment", {})
        self.client.create_project(
            name=name,
            source=source,
            artifacts={"type": "NO_ARTIFACTS"},
            environment=environment,
            serviceRole=self.role,
            **given,
        )
        self.made.append(name)
        return name

    def start(self, name: str, **given: Any) -> str:
        return str(self.client.start_build(projectName=name, **given)["build"]["id"])

    def get(self, identity: str) -> Any:
        return self.client.batch_get_builds(ids=[identity])["builds"][0]

    def wait(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not (found := condition()):
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.02)
        return found

    def ended(self, identity: str) -> Any:
        def ask() -> Any:
            found = self.get(identity)
            return found if found["buildComplete"] else None

        return self.wait(ask)

    def run(self, name: str, **given: Any) -> Any:
        return self.ended(self.start(name, **given))

    def log(self, build: Mapping[str, Any]) -> list[str]:
        where = {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"]}
        events = self.logs.get_log_events(**where, startFromHead=True)["events"]
        return [event["message"].rstrip("\n") for event in events]

    def written(self, build: Mapping[str, Any]) -> list[str]:
        """What the commands wrote themselves."""
        return [line for line in self.log(build) if not line.startswith("[Container]")]


@pytest.fixture
def builds(client: Callable[[str], Any]) -> Iterator[Builds]:
    made = Builds(client("codebuild"), client("logs"))
    yield made
    for name in made.made:
        for identity in made.client.list_builds_for_project(projectName=name)["ids"]:
            made.client.stop_build(id=identity)
        made.client.delete_project(name=name)


def phase(build: Mapping[str, Any], kind: str) -> Any:
    return next(one for one in build["phases"] if one["phaseType"] == kind)


class TestProjects:
    def test_a_project_says_what_it_is(self, builds: Builds) -> None:
        name = builds.project(
            spec(["true"]),
            description="tests inside the VPC",
            timeoutInMinutes=20,
            tags=[{"key": "team", "value": "reports"}],
            vpcConfig={"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
            environment={"environmentVariables": [{"name": "COLOR", "value": "blue", "type": "PLAINTEXT"}]},
        )
        answer = builds.client.batch_get_projects(names=[name, "conformance-missing"])
        [found] = answer["projects"]
        assert answer["projectsNotFound"] == ["conformance-missing"]
        assert found["arn"].endswith(f":project/{name}")
        assert (found["timeoutInMinutes"], found["serviceRole"]) == (20, Builds.role)
        assert found["environment"]["environmentVariables"] == [{"name": "COLOR", "value": "blue", "type": "PLAINTEXT"}]
        assert found["vpcConfig"]["subnets"] == ["subnet-1"]
        assert name in builds.client.list_projects()["projects"]

    def test_a_deleted_project_is_gone_and_deleting_it_again_is_no_error(self, builds: Builds) -> None:
        name = builds.project()
        builds.client.delete_project(name=name)
        builds.client.delete_project(name=name)
        builds.made.remove(name)
        assert builds.client.batch_get_projects(names=[name])["projects"] == []
        with pytest.raises(ClientError) as error:
            builds.start(name)
        assert error.value.response["Error"]["Code"] == "ResourceNotFoundException"

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"source": {"type": "NO_SOURCE"}}, "InvalidInputException"),
            ({"source": {"type": "S3", "location": "bucket-alone"}}, "InvalidInputException"),
            ({"timeoutInMinutes": 4}, "ParamValidation"),
        ],
    )
    def test_a_project_that_is_refused(self, builds: Builds, given: dict[str, Any], code: str) -> None:
        with pytest.raises(Exception) as error:  # noqa: PT011 - the client refuses some itself
            builds.project(**given)
        assert code in str(error.value) or code == "ParamValidation"

    def test_a_name_is_taken_once(self, builds: Builds) -> None:
        name = builds.project()
        with pytest.raises(builds.client.exceptions.ResourceAlreadyExistsException):
            builds.client.create_project(
                name=name,
                source={"type": "NO_SOURCE", "buildspec": spec(["true"])},
                artifacts={"type": "NO_ARTIFACTS"},
                environment=ENVIRONMENT,
                serviceRole=Builds.role,
            )


class TestBuilds:
    def test_a_build_goes_through_its_phases(self, builds: Builds) -> None:
        name = builds.project(spec(["echo built"], phases={"install": {"commands": ["echo installed"]}}))
        build = builds.run(name)
        assert (build["buildStatus"], build["currentPhase"], build["projectName"]) == ("SUCCEEDED", "COMPLETED", name)
        assert [one["phaseType"] for one in build["phases"]] == [*PHASES, *ENDING]
        assert {one.get("phaseStatus") for one in build["phases"][:-1]} == {"SUCCEEDED"}
        assert "phaseStatus" not in build["phases"][-1]
        assert builds.written(build) == ["installed", "built"]
        assert build["logs"]["groupName"] == f"/aws/codebuild/{name}"
        assert build["logs"]["streamName"] == build["id"].rpartition(":")[2]
        assert build["endTime"] >= build["startTime"]

    def test_a_failed_command_fails_its_phase_and_post_build_still_runs(self, builds: Builds) -> None:
        phases = {
            "build": {"commands": ["sh -c 'exit 3'", "echo never"], "finally": ["echo at last"]},
            "post_build": {"commands": ['echo "succeeding: $CODEBUILD_BUILD_SUCCEEDING"']},
        }
        build = builds.run(builds.project(spec([], phases=phases)))
        assert build["buildStatus"] == "FAILED"
        assert phase(build, "BUILD")["phaseStatus"] == "FAILED"
        assert phase(build, "BUILD")["contexts"] == [
            {
                "statusCode": "COMMAND_EXECUTION_ERROR",
                "message": "Error while executing command: sh -c 'exit 3'. Reason: exit status 3",
            }
        ]
        assert phase(build, "POST_BUILD")["phaseStatus"] == "SUCCEEDED"
        assert builds.written(build) == ["at last", "succeeding: 0"]

    @pytest.mark.parametrize(
        ("on_failure", "behind"), [(None, "FINALIZING"), ("ABORT", "FINALIZING"), ("CONTINUE", "BUILD")]
    )
    def test_what_comes_behind_a_failed_pre_build(self, builds: Builds, on_failure: str | None, behind: str) -> None:
        failing: dict[str, Any] = {"commands": ["false"]} | ({"on-failure": on_failure} if on_failure else {})
        build = builds.run(builds.project(spec(["true"], phases={"pre_build": failing})))
        kinds = [one["phaseType"] for one in build["phases"]]
        assert kinds[kinds.index("PRE_BUILD") + 1] == behind
        assert build["buildStatus"] == "FAILED"

    def test_commands_share_one_shell(self, builds: Builds) -> None:
        phases = {
            "pre_build": {
                "commands": ["export COLOR=blue", "SHAPE=round", "mkdir deep && cd deep", "say() { echo $1; }"]
            },
            "build": {"commands": ["say $COLOR-$SHAPE", "basename $PWD", "cd $CODEBUILD_SRC_DIR && ls", "exit 0"]},
            "post_build": {"commands": ["echo exported: $COLOR"]},
        }
        build = builds.run(builds.project(spec([], phases=phases)))
        assert build["buildStatus"] == "SUCCEEDED"
        assert builds.written(build) == ["blue-round", "deep", "deep", "exported: blue"]

    def test_variables_of_the_request_stand_before_the_projects_and_those_before_the_buildspecs(
        self, builds: Builds
    ) -> None:
        name = builds.project(
            spec(["echo $A $B $C"], env={"variables": {"A": "spec", "B": "spec", "C": "spec"}}),
            environment={"environmentVariables": [{"name": one, "value": "project"} for one in "BC"]},
        )
        build = builds.run(name, environmentVariablesOverride=[{"name": "C", "value": "request"}])
        assert builds.written(build) == ["spec project request"]
        assert {one["name"]: one["value"] for one in build["environment"]["environmentVariables"]} == {
            "B": "project",
            "C": "request",
        }

    def test_a_secret_reaches_the_command_and_no_log(self, builds: Builds, client: Callable[[str], Any]) -> None:
        secrets, name = client("secretsmanager"), f"conformance-{uuid.uuid4().hex[:8]}"
        secrets.create_secret(Name=name, SecretString=json.dumps({"password": "tide-7391", "port": 5432}))
        commands = ["echo it is $PASSWORD", "echo port $PORT", 'test "$PASSWORD" = "$(echo gvqr-7391 | tr a-z n-za-m)"']
        wanted = {"PASSWORD": f"{name}:password", "PORT": f"{name}:port"}
        build = builds.run(builds.project(spec(commands, env={"secrets-manager": wanted})))
        assert (build["buildStatus"], builds.written(build)) == ("SUCCEEDED", ["it is ***", "port ***"])
        assert "tide-7391" not in json.dumps(build, default=str)
        missing = builds.run(builds.project(spec(["true"], env={"secrets-manager": {"PASSWORD": "missing:password"}})))
        assert phase(missing, "DOWNLOAD_SOURCE")["phaseStatus"] == "FAILED"
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    def test_the_source_comes_out_of_a_bucket(self, builds: Builds, client: Callable[[str], Any]) -> None:
        s3, bucket = client("s3"), f"conformance-{uuid.uuid4().hex[:12]}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"})
        put(s3, bucket, "source.zip", {"ci/vpc.yml": spec(["./ci/run first"]), "ci/run": "#!/bin/sh\necho ran $1\n"})
        source = {"type": "S3", "location": f"{bucket}/source.zip", "buildspec": "ci/vpc.yml"}
        name = builds.project(source=source)
        assert builds.written(builds.run(name)) == ["ran first"]
        put(s3, bucket, "other.zip", {"buildspec.yml": spec(["echo other"])})
        other = builds.run(name, sourceLocationOverride=f"{bucket}/other.zip", buildspecOverride="buildspec.yml")
        assert builds.written(other) == ["other"]
        lost = builds.run(name, sourceLocationOverride=f"{bucket}/missing.zip")
        assert lost["buildStatus"] == "FAILED"
        assert phase(lost, "DOWNLOAD_SOURCE")["contexts"][0]["statusCode"] == "CLIENT_ERROR"
        with contextlib.suppress(ClientError):
            for key in ("source.zip", "other.zip"):
                s3.delete_object(Bucket=bucket, Key=key)
            s3.delete_bucket(Bucket=bucket)

    def test_a_buildspec_that_cannot_be_read(self, builds: Builds) -> None:
        build = builds.run(builds.project("version: 0.2\nphases: [build\n"))
        assert build["buildStatus"] == "FAILED"
        assert phase(build, "DOWNLOAD_SOURCE")["contexts"][0]["statusCode"] == "YAML_FILE_ERROR"

    def test_a_build_finds_its_own_python_and_this_cloud(self, builds: Builds) -> None:
        ask = "import os, sys, urllib.request as u; print(sys.prefix == os.environ['VIRTUAL_ENV'])"
        commands = [f'python -c "{ask}"', "python -m pip --version | cut -d' ' -f1", "echo $AWS_REGION $CODEBUILD_CI"]
        build = builds.run(builds.project(spec(commands)))
        assert builds.written(build) == ["True", "pip", "ap-southeast-1 true"]

    def test_lines_can_be_read_while_the_build_runs(self, builds: Builds) -> None:
        name = builds.project(spec(["echo first", "sleep 600"]))
        identity = builds.start(name)
        build = builds.wait(lambda: (found := builds.get(identity))["currentPhase"] == "BUILD" and found)
        builds.wait(lambda: "first" in builds.log(build))
        assert builds.get(identity)["buildStatus"] == "IN_PROGRESS"
        stopped = builds.client.stop_build(id=identity)["build"]
        assert (stopped["buildStatus"], stopped["buildComplete"]) == ("STOPPED", True)
        assert phase(stopped, "BUILD")["phaseStatus"] == "STOPPED"
        assert builds.client.stop_build(id=identity)["build"]["buildStatus"] == "STOPPED"

    def test_a_repeated_token_is_the_build_of_the_first(self, builds: Builds) -> None:
        name = builds.project(spec(["true"]))
        first = builds.start(name, idempotencyToken="one", environmentVariablesOverride=[{"name": "A", "value": "1"}])
        again = builds.start(name, idempotencyToken="one", environmentVariablesOverride=[{"name": "A", "value": "1"}])
        other = builds.start(name, idempotencyToken="two")
        assert first == again != other
        assert builds.client.list_builds_for_project(projectName=name)["ids"] == [other, first]
        with pytest.raises(builds.client.exceptions.InvalidInputException):
            builds.start(name, idempotencyToken="one")

    def test_no_more_builds_than_may_run_at_once(self, builds: Builds) -> None:
        name = builds.project(spec(["sleep 600"]), concurrentBuildLimit=1)
        builds.start(name)
        with pytest.raises(builds.client.exceptions.AccountLimitExceededException):
            builds.start(name)

    def test_builds_that_do_not_exist(self, builds: Builds) -> None:
        answer = builds.client.batch_get_builds(ids=["missing:1"])
        assert (answer["builds"], answer["buildsNotFound"]) == ([], ["missing:1"])
        with pytest.raises(builds.client.exceptions.ResourceNotFoundException):
            builds.client.stop_build(id="missing:1")

    def test_what_is_not_emulated_says_so(self, builds: Builds) -> None:
        name = builds.project()
        for refused in (
            lambda: builds.start(name, privilegedModeOverride=True),
            lambda: builds.project(source={"type": "GITHUB", "location": "https://github.com/owner/repository.git"}),
            builds.client.list_curated_environment_images,
        ):
            with pytest.raises(ClientError) as error:
                refused()
            assert error.value.response["Error"]["Code"] == "NotEmulated"


def put(s3: Any, bucket: str, key: str, files: Mapping[str, str]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if text.startswith("#!") else 0o644) << 16
            archive.writestr(entry, text)
    s3.put_object(Bucket=bucket, Key=key, Body=buffer.getvalue())
