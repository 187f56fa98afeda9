"""Where the ledger is kept: in a file below the home, or in a bucket that `TIDEGATE_LEDGER` names."""

import re
from dataclasses import dataclass

from tidegate.errors import ConfigError

LEDGER_VARIABLE = "TIDEGATE_LEDGER"

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([^\s?#]*))?")


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """A bucket, and the prefix in it that the ledger is below; empty for the bucket itself."""

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


def ledger_place(text: str) -> BucketPlace | None:
    """Read `s3://BUCKET[/PREFIX]`; None for the file below the home, which empty text and `local` stand for.

    Raises:
        ConfigError: When it is neither.
    """
    if text in {"", "local"}:
        return None
    matched = _BUCKET.fullmatch(text.rstrip("/"))
    prefix = (matched[2] or "") if matched else ""
    if not matched or (prefix and {"", ".", ".."} & set(prefix.split("/"))):
        raise ConfigError(
            f"{text!r} is no place for a ledger",
            where=LEDGER_VARIABLE,
            what_next="write `local`, or s3://BUCKET or s3://BUCKET/PREFIX",
        )
    return BucketPlace(matched[1], prefix)
