from dataclasses import replace

import pytest

from tests.doctor.cases import INVALIDATION, ORIGIN, PIPELINE, SOUND, found, only, with_setting
from tidegate.doctor.examine import examine
from tidegate.model.facts import BucketFacts, DistributionFacts
from tidegate.model.finding import Severity

DOMAIN, BUCKET = "CLOUDFRONT_TEST_DOMAIN", "WEBAPP_BUCKET_NAME"


def test_a_distribution_must_exist() -> None:
    facts = replace(SOUND, distributions={**SOUND.distributions, "EAPP": None})
    finding = only(facts)
    assert (finding.check, finding.where) == ("site", "CLOUDFRONT_DISTRIBUTION_ID")
    assert finding.mend[0].startswith("aws cloudfront list-distributions")


def test_what_was_not_looked_at_is_not_judged() -> None:
    assert found(replace(SOUND, distributions={})) == []


@pytest.mark.parametrize(
    ("name", "value", "mended"),
    [(DOMAIN, "d9.cloudfront.net", "d1.cloudfront.net"), (BUCKET, "web-prod", "web-dev")],
)
def test_settings_must_be_what_cloudfront_has(name: str, value: str, mended: str) -> None:
    for finding in examine(PIPELINE, with_setting(name, value)):
        assert (finding.check, finding.where) == ("site", name)
        assert f"--body {mended}" in finding.mend[0]
    assert found(with_setting(name, value))


@pytest.mark.parametrize(("app", "test"), [("", "store"), ("store", ""), ("store", "store")])
def test_with_pointers_each_distribution_has_a_store_of_its_own(app: str, test: str) -> None:
    both = {
        "EAPP": DistributionFacts("EAPP", "d0.cloudfront.net", ORIGIN, app),
        "ETEST": DistributionFacts("ETEST", "d1.cloudfront.net", ORIGIN, test),
    }
    finding = only(replace(SOUND, distributions=both))
    assert finding.check == "site"
    assert finding.blocks


@pytest.mark.parametrize(("bucket", "told"), [(BucketFacts(41, 3), "3 of the 41 objects"), (None, "could not be")])
def test_one_bucket_for_both_is_the_leak_it_is_and_is_measured(bucket: BucketFacts | None, told: str) -> None:
    finding = only(replace(SOUND, bucket=bucket), INVALIDATION)
    assert (finding.check, finding.severity, finding.blocks) == ("leak", Severity.WARNING, False)
    assert told in finding.what
    apart = DistributionFacts("EAPP", "d0.cloudfront.net", f"{ORIGIN}/app", "")
    assert found(replace(SOUND, distributions={**SOUND.distributions, "EAPP": apart}), INVALIDATION) == []
