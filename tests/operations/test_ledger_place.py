import pytest

from tidegate.errors import ConfigError
from tidegate.operations.ledger_place import BucketPlace, ledger_place


@pytest.mark.parametrize("text", ["", "local"])
def test_no_bucket_is_the_file_below_the_home(text: str) -> None:
    assert ledger_place(text) is None


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        ("s3://ledger-of-shop", "ledger-of-shop", ""),
        ("s3://ledger-of-shop/", "ledger-of-shop", ""),
        ("s3://ledger.of.shop/team/shop", "ledger.of.shop", "team/shop"),
        ("s3://ledger-of-shop/shop/", "ledger-of-shop", "shop"),
    ],
)
def test_a_bucket_is_read_with_its_prefix(text: str, bucket: str, prefix: str) -> None:
    assert ledger_place(text) == BucketPlace(bucket, prefix)
    assert str(ledger_place(text)) == text.rstrip("/")


@pytest.mark.parametrize(
    "text", ["s3://", "s3:///x", "S3://shop", "shop", "s3://Shop", "s3://a/b//c", "s3://a-b/../c", "s3://a b", "file:x"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no place for a ledger") as refused:
        ledger_place(text)
    assert "s3://BUCKET" in refused.value.what_next
