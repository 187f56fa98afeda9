from typing import Any

import pytest

from tidegate.cloud.aws.configuration import configuration_hash
from tidegate.errors import CloudError

PLAIN: dict[str, Any] = {
    "FunctionName": "api-dev",
    "Version": "$LATEST",
    "CodeSha256": "aa",
    "RevisionId": "1",
    "LastModified": "2026-01-01T00:00:00.000+0000",
    "Role": "arn:aws:iam::123456789012:role/api",
    "MemorySize": 512,
    "Timeout": 30,
    "PackageType": "Image",
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
    "Environment": {"Variables": {"ENV_NAME": "dev", "TOKEN": "s3cret"}},
    "ImageConfigResponse": {"ImageConfig": {"Command": ["src.api.handler.handler"]}},
    "VpcConfig": {"SubnetIds": ["s-1", "s-2"], "SecurityGroupIds": ["g-1"], "VpcId": "v-1"},
    "Layers": [{"Arn": "arn:1", "CodeSize": 1}, {"Arn": "arn:2", "CodeSize": 2}],
    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
    "State": "Active",
    "LastUpdateStatus": "Successful",
}


@pytest.mark.parametrize(
    "change",
    [
        {"Role": "arn:aws:iam::123456789012:role/other"},
        {"MemorySize": 1024},
        {"Timeout": 31},
        {"Architectures": ["arm64"]},
        {"EphemeralStorage": {"Size": 1024}},
        {"TracingConfig": {"Mode": "Active"}},
        {"Environment": {"Variables": {"ENV_NAME": "dev", "TOKEN": "other"}}},
        {"Environment": {"Variables": {"ENV_NAME": "dev"}}},
        {"Environment": None},
        {"ImageConfigResponse": {"ImageConfig": {"Command": ["src.scheduler.handler.handler"]}}},
        {"ImageConfigResponse": None},
        {"VpcConfig": {"SubnetIds": ["s-1"], "SecurityGroupIds": ["g-1"]}},
        {"VpcConfig": {"SubnetIds": ["s-1", "s-2"], "SecurityGroupIds": ["g-2"]}},
        {"Layers": [{"Arn": "arn:2"}, {"Arn": "arn:1"}]},
        {"SnapStart": {"ApplyOn": "PublishedVersions"}},
        {"KMSKeyArn": "arn:aws:kms:::key/1"},
        {"FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/a"}]},
    ],
)
def test_what_a_version_freezes_changes_the_hash(change: dict[str, Any]) -> None:
    assert configuration_hash(PLAIN | change) != configuration_hash(PLAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"Version": "7", "Description": "r12"},
        {"CodeSha256": "bb", "RevisionId": "2", "LastModified": "2026-02-02T00:00:00.000+0000"},
        {"State": "Pending", "LastUpdateStatus": "InProgress", "StateReason": "creating"},
        {"Environment": {"Variables": {"TOKEN": "s3cret", "ENV_NAME": "dev"}}},
        {"VpcConfig": {"SubnetIds": ["s-2", "s-1"], "SecurityGroupIds": ["g-1"]}},
        {"Layers": [{"Arn": "arn:1", "CodeSize": 9}, {"Arn": "arn:2"}]},
        {"SnapStart": {"ApplyOn": "None", "OptimizationStatus": "On"}},
        {"EphemeralStorage": None, "TracingConfig": None, "Architectures": None},
        {"DeadLetterConfig": {}},
    ],
)
def test_all_else_leaves_the_hash(change: dict[str, Any]) -> None:
    assert configuration_hash(PLAIN | change) == configuration_hash(PLAIN)


def test_no_value_can_be_read_out_of_it() -> None:
    found = configuration_hash(PLAIN)
    assert len(found) == 64
    assert "s3cret" not in found


def test_variables_that_lambda_cannot_decrypt_are_an_error_not_an_empty_environment() -> None:
    broken = PLAIN | {"Environment": {"Error": {"ErrorCode": "AccessDeniedException", "Message": "key is gone"}}}
    with pytest.raises(CloudError, match="key is gone") as raised:
        configuration_hash(broken)
    assert "api-dev" in raised.value.where
