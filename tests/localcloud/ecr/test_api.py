from typing import Any

import httpx
import pytest

TARGET = "AmazonEC2ContainerRegistry_V20150921."


@pytest.mark.parametrize(
    ("operation", "given", "status", "code"),
    [
        ("StartImageScan", {"repositoryName": "app"}, 501, "NotEmulated"),
        ("CreateRepository", {}, 400, "InvalidParameterException"),
        ("CreateRepository", {"repositoryName": 5}, 400, "SerializationException"),
        ("CreateRepository", {"repositoryName": "x/y", "tags": "a"}, 400, "SerializationException"),
        ("CreateRepository", {"repositoryName": "xy", "imageTagMutability": "MAYBE"}, 400, "InvalidParameterException"),
        (
            "CreateRepository",
            {"repositoryName": "xy", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"},
            400,
            "InvalidParameterException",
        ),
        (
            "CreateRepository",
            {"repositoryName": "xy", "encryptionConfiguration": {"encryptionType": "KMS"}},
            501,
            "NotEmulated",
        ),
        ("CreateRepository", {"repositoryName": "lambda/python"}, 400, "RepositoryAlreadyExistsException"),
        ("DescribeRepositories", {"registryId": "999999999999"}, 400, "InvalidParameterException"),
        ("DescribeRepositories", {"nextToken": "!"}, 400, "InvalidParameterException"),
        ("DescribeRepositories", {"maxResults": 0}, 400, "InvalidParameterException"),
        ("ListImages", {"repositoryName": "app", "filter": {"tagStatus": "x"}}, 400, "InvalidParameterException"),
        ("BatchGetImage", {"repositoryName": "app", "imageIds": []}, 400, "InvalidParameterException"),
        ("ListTagsForResource", {"resourceArn": "arn:aws:s3:::x"}, 400, "InvalidParameterException"),
        ("GetAccountSetting", {"name": "NONE"}, 400, "InvalidParameterException"),
        ("SetRepositoryPolicy", {"repositoryName": "app", "policyText": "[]"}, 400, "InvalidParameterException"),
        ("DescribeImages", {"repositoryName": "lambda/python"}, 400, "RepositoryNotFoundException"),
    ],
)
async def test_refusals(registry: Any, operation: str, given: dict[str, Any], status: int, code: str) -> None:
    await registry.create("app")
    answer = await registry.control(operation, **given)
    assert (answer.status_code, answer.json()["__type"]) == (status, code)
    assert answer.headers["x-amzn-errortype"] == code


@pytest.mark.parametrize("body", [b"no json", b"[]", b"[" * 100_000])
async def test_a_body_that_is_no_object(registry: Any, body: bytes) -> None:
    signed = "AWS4-HMAC-SHA256 Credential=test/20260101/ap-southeast-1/ecr/aws4_request"
    headers = {"authorization": signed, "x-amz-target": f"{TARGET}DescribeRepositories"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(registry.endpoint, headers=headers, content=body)
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")


async def test_tags_of_an_excluding_repository(registry: Any) -> None:
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    await registry.create(
        "app", imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters
    )
    described = (await registry.control("DescribeRepositories", repositoryNames=["app"])).json()["repositories"][0]
    assert described["imageTagMutabilityExclusionFilters"] == filters
    for tag, expected in (("dev-1", 201), ("v1", 400)):
        await registry.push_image("app", tag, [b"one"])
        assert (await registry.push_image("app", tag, [b"two"])).status_code == expected
    await registry.control("PutImageTagMutability", repositoryName="app", imageTagMutability="MUTABLE")
    assert (await registry.push_image("app", "v1", [b"two"])).status_code == 201


async def test_an_image_in_an_index_is_not_deleted_before_it(registry: Any) -> None:
    await registry.create("app")
    digest = (await registry.push_image("app", "one", [b"x"])).headers["docker-content-digest"]
    kind = "application/vnd.oci.image.index.v1+json"
    child = f'{{"mediaType": "m", "digest": "{digest}", "size": 1}}'
    index = f'{{"schemaVersion": 2, "mediaType": "{kind}", "manifests": [{child}]}}'.encode()
    await registry.put_manifest("app", "all", index, kind)
    given = {"repositoryName": "app", "imageIds": [{"imageDigest": digest}]}
    kept = (await registry.control("BatchDeleteImage", **given)).json()
    assert kept["failures"][0]["failureCode"] == "ImageReferencedByManifestList"
    both = {"repositoryName": "app", "imageIds": [{"imageTag": "all"}, {"imageTag": "one"}]}
    gone = (await registry.control("BatchDeleteImage", **both)).json()
    assert (len(gone["imageIds"]), gone["failures"]) == (2, [])
