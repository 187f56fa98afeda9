"""ECR through boto3, with images pushed through the registry that it names. Runs against real AWS as well."""

import base64
import hashlib
import json
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
ABSENT = "sha256:" + "0" * 64


@dataclass
class Pusher:
    """The few registry calls that put an image there, with the token that ECR gave."""

    base: str
    authorization: str

    def call(self, method: str, url: str, body: bytes = b"", kind: str = "application/octet-stream") -> Any:
        url = url if url.startswith("http") else self.base + url
        headers = {"Authorization": self.authorization, "Content-Type": kind}
        request = urllib.request.Request(url, body or None, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            answer.read()
            return answer.headers

    def blob(self, repository: str, content: bytes) -> dict[str, Any]:
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        location = self.call("POST", f"/v2/{repository}/blobs/uploads/")["Location"]
        separator = "&" if "?" in location else "?"
        self.call("PUT", f"{location}{separator}digest={digest}", content)
        return {"digest": digest, "size": len(content)}

    def image(self, repository: str, tag: str, content: bytes) -> str:
        body = self.manifest(repository, content)
        return str(self.call("PUT", f"/v2/{repository}/manifests/{tag}", body, DOCKER)["Docker-Content-Digest"])

    def manifest(self, repository: str, content: bytes) -> bytes:
        kind = "application/vnd.docker"
        config = {"mediaType": f"{kind}.container.image.v1+json", **self.blob(repository, b'{"config": {}}')}
        layer = {"mediaType": f"{kind}.image.rootfs.diff.tar.gzip", **self.blob(repository, content)}
        body = {"schemaVersion": 2, "mediaType": DOCKER, "config": config, "layers": [layer]}
        return json.dumps(body).encode()


@pytest.fixture
def ecr(client: Callable[[str], Any]) -> Any:
    return client("ecr")


@pytest.fixture
def pusher(ecr: Any) -> Pusher:
    data = ecr.get_authorization_token()["authorizationData"][0]
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")
    return Pusher(data["proxyEndpoint"], f"Basic {data['authorizationToken']}")


@pytest.fixture
def make(ecr: Any) -> Iterator[Callable[..., str]]:
    made: list[str] = []

    def repository(**given: Any) -> str:
        name = f"conformance/{uuid.uuid4().hex[:12]}"
        ecr.create_repository(repositoryName=name, **given)
        made.append(name)
        return name

    yield repository
    for name in made:
        try:
            ecr.delete_repository(repositoryName=name, force=True)
        except ecr.exceptions.RepositoryNotFoundException:
            continue


def refused(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**given)
    return str(error.value.response["Error"]["Code"])


def test_a_repository_from_creation_to_deletion(ecr: Any, make: Callable[..., str]) -> None:
    name = make(imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True})
    found = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["repositoryArn"].endswith(f":repository/{name}")
    assert found["repositoryUri"].endswith(f"/{name}")
    assert refused(ecr.create_repository, repositoryName=name) == "RepositoryAlreadyExistsException"
    ecr.delete_repository(repositoryName=name)
    for call in (ecr.delete_repository, ecr.describe_images, ecr.list_images):
        assert refused(call, repositoryName=name) == "RepositoryNotFoundException"
    assert refused(ecr.describe_repositories, repositoryNames=[name]) == "RepositoryNotFoundException"


@pytest.mark.parametrize("name", ["Upper", "a//b", "-x", "under score"])
def test_a_malformed_name_is_refused(ecr: Any, name: str) -> None:
    assert refused(ecr.create_repository, repositoryName=name) == "InvalidParameterException"


def test_repositories_are_listed_in_pages(ecr: Any, make: Callable[..., str]) -> None:
    names = {make() for _ in range(3)}
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2})
    assert names <= {repository["repositoryName"] for page in pages for repository in page["repositories"]}


def test_an_image_is_described_by_its_true_digest(ecr: Any, make: Callable[..., str], pusher: Pusher) -> None:
    name = make()
    body = pusher.manifest(name, b"layer")
    pusher.call("PUT", f"/v2/{name}/manifests/one", body, DOCKER)
    digest = "sha256:" + hashlib.sha256(body).hexdigest()
    detail = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "one"}])["imageDetails"][0]
    assert (detail["imageDigest"], detail["imageTags"]) == (digest, ["one"])
    assert detail["imageManifestMediaType"] == DOCKER
    got = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "one"}, {"imageTag": "two"}, {}])
    assert got["images"][0]["imageManifest"].encode() == body
    assert [failure["failureCode"] for failure in got["failures"]] == ["ImageNotFound", "MissingDigestAndTag"]
    missing = refused(ecr.describe_images, repositoryName=name, imageIds=[{"imageDigest": ABSENT}])
    assert missing == "ImageNotFoundException"
    assert refused(ecr.delete_repository, repositoryName=name) == "RepositoryNotEmptyException"


def test_a_manifest_gets_another_tag_without_a_push(ecr: Any, make: Callable[..., str], pusher: Pusher) -> None:
    name = make(imageTagMutability="IMMUTABLE")
    digest = pusher.image(name, "one", b"layer")
    image = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "one"}])["images"][0]
    given = {"repositoryName": name, "imageManifest": image["imageManifest"]}
    put = ecr.put_image(**given, imageTag="two")["image"]
    assert put["imageId"] == {"imageDigest": digest, "imageTag": "two"}
    assert refused(ecr.put_image, **given, imageTag="two") == "ImageTagAlreadyExistsException"
    assert refused(ecr.put_image, **given, imageTag="x", imageDigest=ABSENT) == "ImageDigestDoesNotMatchException"
    assert refused(ecr.put_image, repositoryName=name, imageManifest="{}", imageTag="x") == "InvalidParameterException"
    foreign = image["imageManifest"].replace("sha256:", "sha256:0")[:-1]
    assert (
        refused(ecr.put_image, repositoryName=name, imageManifest=foreign, imageTag="x") == "InvalidParameterException"
    )


def test_a_mutable_tag_put_where_it_is_already_is_refused(ecr: Any, make: Callable[..., str], pusher: Pusher) -> None:
    name = make()
    pusher.image(name, "one", b"layer")
    image = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "one"}])["images"][0]
    given = {"repositoryName": name, "imageManifest": image["imageManifest"], "imageTag": "one"}
    assert refused(ecr.put_image, **given) == "ImageAlreadyExistsException"


def test_a_manifest_without_its_layers_is_refused(ecr: Any, make: Callable[..., str], pusher: Pusher) -> None:
    full, empty = make(), make()
    pusher.image(full, "one", b"layer")
    image = ecr.batch_get_image(repositoryName=full, imageIds=[{"imageTag": "one"}])["images"][0]
    given = {"repositoryName": empty, "imageManifest": image["imageManifest"], "imageTag": "one"}
    assert refused(ecr.put_image, **given) == "LayersNotFoundException"


def test_an_immutable_tag_is_kept_by_the_registry_too(make: Callable[..., str], pusher: Pusher) -> None:
    name = make(imageTagMutability="IMMUTABLE")
    pusher.image(name, "one", b"layer")
    for content in (b"other", b"layer"):
        with pytest.raises(HTTPError) as error:
            pusher.image(name, "one", content)
        error.value.close()
        assert error.value.code == 400


def test_images_go_by_tag_and_by_digest(ecr: Any, make: Callable[..., str], pusher: Pusher) -> None:
    name = make()
    first = pusher.image(name, "one", b"a")
    pusher.image(name, "also", b"a")
    second = pusher.image(name, "two", b"b")
    listed = ecr.list_images(repositoryName=name, filter={"tagStatus": "TAGGED"})["imageIds"]
    assert {(i["imageTag"], i["imageDigest"]) for i in listed} == {("one", first), ("also", first), ("two", second)}
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "one"}])
    assert ecr.describe_images(repositoryName=name, imageIds=[{"imageDigest": first}])["imageDetails"][0][
        "imageTags"
    ] == ["also"]
    gone = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": first}, {"imageTag": "x"}])
    assert gone["imageIds"] == [{"imageDigest": first, "imageTag": "also"}]
    assert gone["failures"][0]["failureCode"] == "ImageNotFound"
    assert [d["imageDigest"] for d in ecr.describe_images(repositoryName=name)["imageDetails"]] == [second]


def test_an_image_that_lost_its_tag_is_untagged(ecr: Any, make: Callable[..., str], pusher: Pusher) -> None:
    name = make()
    first = pusher.image(name, "one", b"a")
    pusher.image(name, "one", b"b")
    listed = ecr.list_images(repositoryName=name, filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert listed == [{"imageDigest": first}]


def test_layers_tell_whether_they_are_there(ecr: Any, make: Callable[..., str], pusher: Pusher) -> None:
    name = make()
    blob = pusher.blob(name, b"layer")
    answer = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[blob["digest"], ABSENT])
    assert [layer["layerAvailability"] for layer in answer["layers"]] == ["AVAILABLE", "UNAVAILABLE"]
    assert answer["layers"][0]["layerSize"] == 5


def test_policies_are_kept_and_missing_ones_refused(ecr: Any, make: Callable[..., str]) -> None:
    name = make()
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5},
        "action": {"type": "expire"},
    }
    lifecycle = json.dumps({"rules": [rule]})
    assert refused(ecr.get_lifecycle_policy, repositoryName=name) == "LifecyclePolicyNotFoundException"
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=lifecycle)
    assert json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"] == [rule]
    ecr.delete_lifecycle_policy(repositoryName=name)
    assert refused(ecr.delete_lifecycle_policy, repositoryName=name) == "LifecyclePolicyNotFoundException"
    broken = refused(ecr.put_lifecycle_policy, repositoryName=name, lifecyclePolicyText="no json" + " " * 100)
    assert broken == "InvalidParameterException"
    assert refused(ecr.get_repository_policy, repositoryName=name) == "RepositoryPolicyNotFoundException"
    statement = {"Sid": "pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}
    ecr.set_repository_policy(
        repositoryName=name, policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    assert json.loads(ecr.get_repository_policy(repositoryName=name)["policyText"])["Statement"][0]["Sid"] == "pull"


def test_resource_tags(ecr: Any, make: Callable[..., str]) -> None:
    name = make(tags=[{"Key": "a", "Value": "1"}])
    arn = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "b", "Value": "2"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "b", "Value": "2"}]


def test_blob_mounting_is_an_account_setting(ecr: Any) -> None:
    before = ecr.get_account_setting(name="BLOB_MOUNTING")["value"]
    assert before in {"ENABLED", "DISABLED"}
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    try:
        assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"
        assert refused(ecr.put_account_setting, name="BLOB_MOUNTING", value="x") == "InvalidParameterException"
    finally:
        ecr.put_account_setting(name="BLOB_MOUNTING", value=before)
