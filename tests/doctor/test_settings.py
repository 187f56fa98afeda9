from dataclasses import replace

import pytest

from tests.doctor.cases import PIPELINE, SOUND, VALUES, found, only, with_setting
from tidegate.doctor.examine import examine
from tidegate.doctor.settings import KEY, KEY_ID, key_problem
from tidegate.model.facts import Identity, Settings

TEST, DOMAIN = "CLOUDFRONT_TEST_DISTRIBUTION_ID", "CLOUDFRONT_TEST_DOMAIN"
BUCKET, API = "WEBAPP_BUCKET_NAME", "TELEGRAM_API_URL"


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert found(SOUND) == []


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("value", ["", "two words", "x\n", " x"])
def test_every_setting_must_be_there_and_of_its_shape(name: str, value: str) -> None:
    assert ("settings", name) in found(with_setting(name, value))


@pytest.mark.parametrize(
    ("name", "value", "wrong", "mended"),
    [
        (DOMAIN, "https://d1.cloudfront.net", "a scheme", "d1.cloudfront.net"),
        (DOMAIN, "d1.cloudfront.net/", "a slash", "d1.cloudfront.net"),
        (DOMAIN, "d1.cloudfront.net\n", "a newline", "d1.cloudfront.net"),
        (DOMAIN, "d1.cloudfront. net", "white space", "VALUE"),
        (BUCKET, "s3://web-dev/site", "a scheme", "web-dev"),
        (BUCKET, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "another shape", "VALUE"),
        (API, f"{VALUES[API]}/", "a slash", VALUES[API]),
        (API, "a1.execute-api.eu-central-1.amazonaws.com", "no scheme", "VALUE"),
        (TEST, " ETEST", "a space", "ETEST"),
        (TEST, "https://ETEST", "a scheme", "VALUE"),
    ],
)
def test_a_wrong_shape_is_mended_where_its_meaning_is_plain(name: str, value: str, wrong: str, mended: str) -> None:
    finding = only(with_setting(name, value))
    assert finding.check == "settings"
    assert finding.blocks
    assert wrong in finding.what
    assert value not in finding.what
    assert finding.mend == (f"gh secret set {name} --env development --body {mended}",)


def test_settings_of_a_file_are_mended_in_the_file() -> None:
    facts = with_setting(DOMAIN, "https://d1.cloudfront.net")
    facts = replace(facts, settings=replace(facts.settings, file="/home/a b/dev.env"))
    assert only(facts).mend == (f"echo {DOMAIN}=d1.cloudfront.net >> '/home/a b/dev.env'",)


def test_test_must_not_be_app() -> None:
    assert ("settings", TEST) in found(with_setting(TEST, "EAPP"))


@pytest.mark.parametrize(
    ("name", "value", "other", "problem"),
    [
        (KEY_ID, "", "", ""),
        (KEY_ID, "AKIAIOSFODNN7EXAMPLE", "x", ""),
        (KEY_ID, "AKIAIOSFODNN7EXAMPLE\n", "x", "newline"),
        (KEY_ID, "", "x", "is not set"),
        (KEY, "k" * 40, "x", ""),
        (KEY, "short", "x", "does not look like"),
        (KEY, f" {'k' * 40}", "x", "space"),
    ],
)
def test_keys(name: str, value: str, other: str, problem: str) -> None:
    said = key_problem(name, value, other)
    assert problem in said
    assert bool(said) is bool(problem)
    assert not value.strip() or value.strip() not in said


def test_a_wrong_key_is_told_without_its_value() -> None:
    facts = replace(SOUND, settings=replace(SOUND.settings, wrong_keys={KEY: "has a space or a newline at an end"}))
    assert only(facts).mend == (f"gh secret set {KEY} --env development",)


@pytest.mark.parametrize(
    ("role", "arn", "what"),
    [
        ("deploy", "arn:aws:sts::123456789012:assumed-role/deploy/x", "not the ARN"),
        ("arn:aws:iam::210987654321:role/deploy", "arn:aws:sts::123456789012:assumed-role/deploy/x", "210987654321"),
        ("arn:aws:iam::123456789012:role/other", "arn:aws:sts::123456789012:assumed-role/deploy/x", "what was assumed"),
        ("arn:aws:iam::123456789012:role/deploy", "arn:aws:iam::123456789012:user/deploy", "what was assumed"),
        ("arn:aws:iam::123456789012:role/ci/deploy", "arn:aws:sts::123456789012:assumed-role/deploy/x", ""),
        ("", "arn:aws:iam::123456789012:user/me", ""),
    ],
)
def test_the_role_that_was_meant_is_the_one_that_was_assumed(role: str, arn: str, what: str) -> None:
    facts = replace(SOUND, settings=Settings(VALUES, role=role), identity=Identity("123456789012", arn))
    findings = examine(PIPELINE, facts)
    assert [one.check.value for one in findings] == (["account"] if what else [])
    assert all(what in one.what for one in findings)
