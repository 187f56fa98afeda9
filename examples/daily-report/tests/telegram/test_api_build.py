import boto3
import pytest
from botocore.stub import Stubber

from src.api.build import Build

ASKED = {"FunctionName": "api", "Qualifier": "3"}


@pytest.fixture
def stub():
    client = boto3.client(
        "lambda", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber
    client.close()


def test_the_digest_is_read_once(stub):
    stub.add_response("get_function", {"Code": {"ResolvedImageUri": "registry/repo@sha256:abc"}}, ASKED)
    build = Build("c0ffee", "api", "3", lambda: stub.client)
    assert [build.digest(), build.digest()] == ["sha256:abc", "sha256:abc"]


def test_a_digest_that_cannot_be_read_is_unknown_and_asked_for_again(stub):
    stub.add_client_error("get_function", "AccessDeniedException", expected_params=ASKED)
    stub.add_response("get_function", {"Code": {"ResolvedImageUri": "registry/repo@sha256:abc"}}, ASKED)
    build = Build("c0ffee", "api", "3", lambda: stub.client)
    assert [build.digest(), build.digest()] == ["unknown", "sha256:abc"]


@pytest.mark.parametrize("code", [{}, {"ResolvedImageUri": "registry/repo:tag"}])
def test_a_function_without_an_image_has_no_digest(stub, code):
    stub.add_response("get_function", {"Code": code}, ASKED)
    assert Build("c0ffee", "api", "3", lambda: stub.client).digest() == "unknown"


def test_outside_of_lambda_nothing_is_asked():
    def no_client() -> object:
        raise AssertionError("asked for a client")

    assert Build("c0ffee", "", "$LATEST", no_client).digest() == "unknown"
