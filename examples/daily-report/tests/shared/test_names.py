"""The isolation rule, in both images: only the live alias touches what is live."""

import pytest

import fund_data_sync.config as fund
import src.config as api

ARN = "arn:aws:lambda:eu-central-1:000000000000:function:dr-daily-report-telegram-api-dev"
VARIABLES = {
    "ENV_NAME": "dev",
    "WATCHLIST_TABLE": "watchlist",
    "REPORT_QUEUE_NAME": "jobs",
    "PDF_BUCKET_NAME": "pdf",
    "FUND_BUCKET_NAME": "funds",
    "SEAL_SECRET_NAME": "seal",
}


@pytest.mark.parametrize("config", [api, fund])
@pytest.mark.parametrize(
    ("arn", "qualifier"),
    [
        (f"{ARN}:live", "live"),
        (f"{ARN}:candidate", "candidate"),
        (f"{ARN}:17", "17"),
        (f"{ARN}:$LATEST", "$LATEST"),
        (ARN, "$LATEST"),
        (f"{ARN}:", "$LATEST"),
        (f"{ARN}:live:more", "$LATEST"),
        ("live", "$LATEST"),
        ("", "$LATEST"),
        (None, "$LATEST"),
    ],
)
def test_qualifier(config, arn, qualifier):
    assert config.qualifier_of(arn) == qualifier


@pytest.mark.parametrize(
    ("qualifier", "suffix", "prefix"),
    [
        ("live", "", ""),
        ("candidate", "-candidate", "candidate/"),
        ("17", "-candidate", "candidate/"),
        ("$LATEST", "-candidate", "candidate/"),
        ("LIVE", "-candidate", "candidate/"),
        ("live ", "-candidate", "candidate/"),
        ("", "-candidate", "candidate/"),
    ],
)
def test_only_live_touches_live_resources(qualifier, suffix, prefix):
    names = api.Names(VARIABLES, qualifier)
    assert names.watchlist_table == f"watchlist{suffix}"
    assert names.report_queue == f"jobs{suffix}"
    assert (names.pdf_bucket, names.key_prefix) == ("pdf", prefix)
    assert (names.environment, names.seal_secret) == ("dev", "seal")
    assert names.schema == (prefix.removesuffix("/") or "public")
    fund_names = fund.Names(VARIABLES, qualifier)
    assert fund_names.schema == names.schema
    assert fund_names.fund_object(None, "in.csv") == ("funds", f"{prefix}in.csv")


@pytest.mark.parametrize(
    ("qualifier", "bucket", "key", "read"),
    [
        ("live", "funds", "in.csv", ("funds", "in.csv")),
        ("candidate", "funds", "in.csv", ("funds", "candidate/in.csv")),
        ("candidate", None, "candidate/in.csv", ("funds", "candidate/in.csv")),
        ("live", "funds", "candidate/in.csv", None),
        ("live", "other", "in.csv", None),
        ("candidate", "other", "in.csv", None),
    ],
)
def test_the_fund_data_that_is_read(qualifier, bucket, key, read):
    names = fund.Names(VARIABLES, qualifier)
    if read is None:
        with pytest.raises(fund.ConfigError):
            names.fund_object(bucket, key)
    else:
        assert names.fund_object(bucket, key) == read


@pytest.mark.parametrize("variables", [{}, {"REPORT_QUEUE_NAME": ""}])
def test_a_variable_that_is_not_set_is_named(variables):
    with pytest.raises(api.ConfigError, match="REPORT_QUEUE_NAME"):
        _ = api.Names(variables, "live").report_queue
