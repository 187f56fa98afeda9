import pytest

from tidegate.cloud.aws.connect import open_cloud
from tidegate.cloud.ports import Cloud
from tidegate.errors import Unreachable


async def test_a_cloud_knows_its_account(cloud: Cloud, endpoint: str) -> None:
    assert cloud.account == "123456789012"
    assert cloud.region == "ap-southeast-1"
    assert cloud.endpoint == endpoint


async def test_the_environment_may_name_the_endpoint(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    async with open_cloud("ap-southeast-1") as cloud:
        assert cloud.endpoint == endpoint


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with open_cloud("ap-southeast-1", endpoint) as cloud:
        assert cloud.account == "123456789012"
        assert (await cloud.probe.get(endpoint))[0] == 403


async def test_no_answer_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        async with open_cloud("ap-southeast-1", "http://127.0.0.1:9"):
            pytest.fail("nothing listens there")
