from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.plan.reference import PIPELINE
from tidegate.errors import ConfigError
from tidegate.execute.home import Home
from tidegate.operations.addresses import SECRETS, read_addresses, write_address

ONE_ENVIRONMENT = replace(PIPELINE, environments={"dev": PIPELINE.environments["dev"]})
VALUES = {
    "CLOUDFRONT_DISTRIBUTION_ID": "EAPP",
    "CLOUDFRONT_TEST_DISTRIBUTION_ID": "ETEST",
    "CLOUDFRONT_TEST_DOMAIN": "d1.cloudfront.net",
    "WEBAPP_BUCKET_NAME": "web-dev",
    "TELEGRAM_API_URL": "https://api.test/live",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def refused(home: Home, values: Mapping[str, str]) -> ConfigError:
    write_address(home.environment("dev"), values)
    with pytest.raises(ConfigError) as raised:
        read_addresses(ONE_ENVIRONMENT, home, {})
    assert raised.value.where == "dev"
    assert raised.value.what_next
    assert raised.value.exit_code == 2
    return raised.value


def test_settings_of_a_file(home: Home) -> None:
    write_address(home.environment("dev"), VALUES)
    address = read_addresses(ONE_ENVIRONMENT, home, {})["dev"]
    assert (address.app, address.test, address.bucket) == ("EAPP", "ETEST", "web-dev")
    assert (address.api_url, address.candidate_api_url) == ("https://api.test/live", "https://api.test/candidate")


def test_settings_of_variables(home: Home) -> None:
    assert read_addresses(ONE_ENVIRONMENT, home, {**VALUES, "PATH": "/bin"})["dev"].app == "EAPP"


def test_a_file_goes_before_variables(home: Home) -> None:
    write_address(home.environment("dev"), {"CLOUDFRONT_DISTRIBUTION_ID": "EFILE"})
    assert read_addresses(ONE_ENVIRONMENT, home, VALUES)["dev"].app == "EFILE"


def test_every_environment_has_its_own(home: Home) -> None:
    for name in PIPELINE.environments:
        write_address(home.environment(name), {**VALUES, "WEBAPP_BUCKET_NAME": f"web-{name}"})
    found = read_addresses(PIPELINE, home, {})
    assert {name: address.bucket for name, address in found.items()} == {
        "dev": "web-dev",
        "staging": "web-staging",
        "prod": "web-prod",
    }


def test_settings_are_readable_by_their_owner_alone(home: Home) -> None:
    write_address(home.environment("dev"), VALUES)
    assert home.environment("dev").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_secret_is_told_by_name(home: Home, key: str, value: str | None) -> None:
    values = {name: content for name, content in VALUES.items() if name != key}
    error = refused(home, values if value is None else {**values, key: value})
    assert error.what.startswith(f"{key} is not set")


def test_a_missing_test_distribution_says_what_that_means(home: Home) -> None:
    error = refused(home, {**VALUES, "CLOUDFRONT_TEST_DISTRIBUTION_ID": ""})
    assert "nothing can be tested before users see it" in error.what


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("value", [" x", "x ", "x y", "x\ty"])
def test_white_space_is_refused(home: Home, key: str, value: str) -> None:
    assert "space" in refused(home, {**VALUES, key: value}).what


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CLOUDFRONT_TEST_DOMAIN", "https://d1.cloudfront.net"),
        ("CLOUDFRONT_TEST_DOMAIN", "d1.cloudfront.net/"),
        ("CLOUDFRONT_DISTRIBUTION_ID", "E1/E2"),
        ("WEBAPP_BUCKET_NAME", "s3://web-dev"),
        ("TELEGRAM_API_URL", "api.test/live"),
        ("TELEGRAM_CANDIDATE_API_URL", "api.test/candidate"),
    ],
)
def test_another_shape_is_refused_before_anything_asks_with_it(home: Home, key: str, value: str) -> None:
    error = refused(home, {**VALUES, key: value})
    assert error.what.startswith(f"{key} ")
    assert value not in error.what
    assert "tidegate doctor dev" in error.what_next


def test_one_distribution_for_both_is_refused(home: Home) -> None:
    error = refused(home, {**VALUES, "CLOUDFRONT_TEST_DISTRIBUTION_ID": "EAPP"})
    assert "name the same distribution" in error.what
    assert "tests would run on what users reach" in error.what_next


@pytest.mark.parametrize(
    ("url", "candidate"),
    [
        ("https://api.test/live", "https://api.test/candidate"),
        ("https://api.test/live/", "https://api.test/candidate"),
        ("https://api.test/v1/live", "https://api.test/v1/candidate"),
        ("http://127.0.0.1:8000/live", "http://127.0.0.1:8000/candidate"),
    ],
)
def test_the_candidate_api_is_told_from_the_live_one(home: Home, url: str, candidate: str) -> None:
    write_address(home.environment("dev"), {**VALUES, "TELEGRAM_API_URL": url})
    assert read_addresses(ONE_ENVIRONMENT, home, {})["dev"].candidate_api_url == candidate


@pytest.mark.parametrize("url", ["https://api.test", "https://api.test/prod"])
def test_an_api_whose_candidate_cannot_be_told_is_refused(home: Home, url: str) -> None:
    error = refused(home, {**VALUES, "TELEGRAM_API_URL": url})
    assert "cannot be told from it" in error.what
    assert "TELEGRAM_CANDIDATE_API_URL" in error.what_next


def test_a_candidate_api_that_is_named_needs_no_telling(home: Home) -> None:
    named = {"TELEGRAM_API_URL": "https://api.test", "TELEGRAM_CANDIDATE_API_URL": "https://next.test"}
    write_address(home.environment("dev"), VALUES | named)
    address = read_addresses(ONE_ENVIRONMENT, home, {})["dev"]
    assert (address.api_url, address.candidate_api_url) == ("https://api.test", "https://next.test")


def test_comments_and_values_with_an_equals_sign(home: Home) -> None:
    path = home.environment("dev")
    write_address(path, {**VALUES, "TELEGRAM_CANDIDATE_API_URL": "https://next.test/?a=b"})
    path.write_text(f"# CLOUDFRONT_DISTRIBUTION_ID=E0\n\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    address = read_addresses(ONE_ENVIRONMENT, home, {})["dev"]
    assert (address.app, address.candidate_api_url) == ("EAPP", "https://next.test/?a=b")


def test_without_a_site_there_is_nothing_to_know(home: Home) -> None:
    assert read_addresses(replace(PIPELINE, site=None), home, {}) == {}
