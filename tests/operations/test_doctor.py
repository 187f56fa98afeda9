from dataclasses import replace
from pathlib import Path

import pytest

from tests.doctor.cases import PIPELINE
from tests.execute.shops import Shop
from tests.plan.database import SPEC
from tidegate.errors import CloudError, Unreachable
from tidegate.execute.home import Home
from tidegate.model.actions import Actions, Credentials, Supply
from tidegate.model.database import VpcTests
from tidegate.model.facts import ApiFacts, DomainMapping, Settings
from tidegate.model.finding import Check
from tidegate.model.pipeline import Pipeline
from tidegate.operations.addresses import write_address
from tidegate.operations.doctor import examiner, protected, settings_of
from tidegate.operations.examination import Subject, look

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "k" * 40}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def by(credentials: Credentials) -> Pipeline:
    return replace(PIPELINE, actions=Actions("s3://b", Supply("r.lock"), credentials=credentials))


def test_no_value_of_a_key_is_kept(home: Home) -> None:
    environ = {**KEYS, "AWS_SECRET_ACCESS_KEY": "not-a-key ", "WEBAPP_BUCKET_NAME": "web-dev"}
    settings = settings_of(PIPELINE, home, "dev", environ)
    assert settings.wrong_keys.keys() == {"AWS_SECRET_ACCESS_KEY"}
    assert settings.values == {"WEBAPP_BUCKET_NAME": "web-dev"}
    assert "not-a-key" not in repr(settings)


@pytest.mark.parametrize(
    ("credentials", "environ", "missing"),
    [
        (Credentials.KEYS, {"GITHUB_ACTIONS": "true"}, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}),
        (Credentials.KEYS, {"GITHUB_ACTIONS": "true", **KEYS}, set()),
        (Credentials.KEYS, {}, set()),
        (Credentials.OIDC, {"GITHUB_ACTIONS": "true"}, set()),
    ],
)
def test_keys_must_be_there_where_they_are_declared(
    home: Home, credentials: Credentials, environ: dict[str, str], missing: set[str]
) -> None:
    assert settings_of(by(credentials), home, "dev", environ).wrong_keys.keys() == missing


def test_settings_say_which_file_they_come_from(home: Home) -> None:
    assert settings_of(PIPELINE, home, "dev", {}).file == ""
    write_address(home.environment("dev"), {"WEBAPP_BUCKET_NAME": "web-dev"})
    assert settings_of(PIPELINE, home, "dev", {}).file == str(home.environment("dev"))


async def test_what_may_not_be_looked_at_is_told_and_nothing_is_concluded_from_it(shop: Shop) -> None:
    cloud = shop.cloud
    denied = CloudError("DescribeAlarms was refused", code="AccessDenied")

    async def refuse() -> frozenset[str]:
        raise denied

    cloud.inspection.alarmed = refuse  # type: ignore[method-assign] # a cloud that refuses one thing
    facts = await look(cloud.ports, _subject(shop))
    assert [(one.where, one.reason) for one in facts.unseen] == [("the alarms", "DescribeAlarms was refused")]
    assert facts.alarmed is None


async def test_the_api_that_an_address_names_is_looked_at_whatever_the_policies_say(shop: Shop) -> None:
    api = ApiFacts("a1", "https://a1.execute-api.local.amazonaws.com", {}, {})
    shop.cloud.inspection.apis["a1"] = api
    settings = Settings({"TELEGRAM_API_URL": f"{api.endpoint}/live"})
    facts = await look(shop.cloud.ports, Subject(shop.pipeline, "dev", settings))
    assert facts.apis == (api,)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://api.shop.example/v1", True),
        ("https://a1.execute-api.local.amazonaws.com/live", False),
        ("http://127.0.0.1:4000/live", False),
        ("not a url", False),
        ("https://[x", False),
    ],
)
async def test_a_domain_of_ones_own_is_looked_at(shop: Shop, url: str, asked: bool) -> None:
    mapping = DomainMapping("https://api.shop.example/v1", "a1", "live")
    hosts = ("api.shop.example", "a1.execute-api.local.amazonaws.com", "127.0.0.1", "[x", "")
    shop.cloud.inspection.mapped.update(dict.fromkeys(hosts, (mapping,)))
    subject = Subject(shop.pipeline, "dev", Settings({"TELEGRAM_API_URL": url}))
    assert (await look(shop.cloud.ports, subject)).mappings == ((mapping,) if asked else ())


async def test_an_answer_that_does_not_come_is_nobodys_finding(shop: Shop) -> None:
    async def silent(name: str) -> None:
        raise Unreachable(f"no answer about {name}")

    shop.cloud.inspection.log_group = silent  # type: ignore[method-assign] # a cloud that does not answer
    with pytest.raises(Unreachable):
        await look(shop.cloud.ports, _subject(shop))


@pytest.mark.parametrize(
    ("environ", "missing", "expected"),
    [
        ({"AURORA_ENABLED": "true"}, set(), []),
        ({"AURORA_ENABLED": "true"}, {"vpc-tests-dev"}, ["vpc-tests-dev"]),
        ({"AURORA_ENABLED": "false"}, {"vpc-tests-dev"}, []),
        ({}, {"vpc-tests-dev"}, []),
    ],
)
async def test_a_project_is_missed_only_where_tests_are_to_run_in_it(
    shop: Shop, home: Home, environ: dict[str, str], missing: set[str], expected: list[str]
) -> None:
    shop.cloud.inspection.missing_build_projects = missing
    pipeline = replace(shop.pipeline, database=replace(SPEC, vpc_tests=VpcTests("vpc-tests-{env}")))
    judge = examiner(home, pipeline, shop.cloud.ports, shop.ledger, environ)
    found = [one for one in await judge("dev") if one.check is Check.VPC_TESTS]
    assert [one.where for one in found] == expected
    assert all(one.blocks for one in found)


async def test_images_that_must_stay(shop: Shop) -> None:
    first, second, third = (shop.release(letter) for letter in "abc")
    shop.proved(first)
    shop.proved(first, "prod")
    shop.proved(second)
    shop.proved(third)
    found = {one.digest[-1]: one.why for one in protected(shop.ledger, shop.pipeline)}
    assert found == {"c": "live in dev (r3)", "b": "the way back of dev (r2)", "a": "live in prod (r1)"}


def _subject(shop: Shop) -> Subject:
    return Subject(shop.pipeline, "dev", Settings())
