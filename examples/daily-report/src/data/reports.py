"""Finished report PDFs in S3, at `reports/<ticker>/<date>.pdf`."""

import datetime as dt
import logging
from typing import Any, Protocol

from src.data.aws import available

_URL_SECONDS = 3600
_log = logging.getLogger(__name__)


class ReportStore(Protocol):
    def put(self, ticker: str, day: dt.date, pdf: bytes, seal: str) -> str:
        """Store a report and its seal, replacing those of that day; return its key. Raises UnavailableError."""
        ...

    def url(self, ticker: str, day: dt.date) -> str | None:
        """A link to a stored report that works for an hour, None where there is none or it cannot be told."""
        ...


class S3ReportStore:
    """A ReportStore in a bucket, below a key prefix."""

    def __init__(self, s3: Any, bucket: str, prefix: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix

    def put(self, ticker: str, day: dt.date, pdf: bytes, seal: str) -> str:
        key = self._key(ticker, day)
        stored = {"Body": pdf, "ContentType": "application/pdf", "Metadata": {"seal": seal}}
        with available(f"bucket {self._bucket}"):
            self._s3.put_object(Bucket=self._bucket, Key=key, **stored)
        return key

    def url(self, ticker: str, day: dt.date) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError

        where = {"Bucket": self._bucket, "Key": self._key(ticker, day)}
        try:
            self._s3.head_object(**where)
            url: str = self._s3.generate_presigned_url("get_object", Params=where, ExpiresIn=_URL_SECONDS)
        except (BotoCoreError, ClientError) as error:
            # The report itself is worth showing without its PDF, so this is no failure of the request.
            if getattr(error, "response", {}).get("Error", {}).get("Code") != "404":
                _log.warning("cannot tell whether %s exists: %s", where["Key"], error)
            return None
        return url

    def _key(self, ticker: str, day: dt.date) -> str:
        return f"{self._prefix}reports/{ticker}/{day.isoformat()}.pdf"
