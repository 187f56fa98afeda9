"""Which resources an invocation may touch: a pure function of its environment variables and its qualifier.

The function's variables hold base names. Only an invocation through the alias `live` uses them as they are.
Any other (the alias `candidate`, a bare version number, no qualifier) gets the twin: suffix `-candidate` on
tables and queues, prefix `candidate/` on the keys of a bucket, schema `candidate` of the database.
`fund_data_sync/config.py` has the same rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aurora.database import CANDIDATE_SCHEMA, LIVE_SCHEMA

LIVE = "live"
UNQUALIFIED = "$LATEST"


class ConfigError(Exception):
    """A variable that the function needs is missing or empty."""


def qualifier_of(invoked_function_arn: str | None) -> str:
    """The alias or version that was invoked: the eighth part of the ARN, `$LATEST` when there is none."""
    parts = (invoked_function_arn or "").split(":")
    return parts[7] if len(parts) == 8 and parts[7] else UNQUALIFIED


@dataclass(frozen=True, slots=True)
class Names:
    """The resource names of one invocation. Each property raises ConfigError when its variable is not set."""

    variables: Mapping[str, str]
    qualifier: str

    @property
    def environment(self) -> str:
        return self._required("ENV_NAME")

    @property
    def watchlist_table(self) -> str:
        return self._twin("WATCHLIST_TABLE")

    @property
    def report_queue(self) -> str:
        return self._twin("REPORT_QUEUE_NAME")

    @property
    def pdf_bucket(self) -> str:
        return self._required("PDF_BUCKET_NAME")

    @property
    def seal_secret(self) -> str:
        """The secret's name: its value is read when it is used."""
        return self._required("SEAL_SECRET_NAME")

    @property
    def schema(self) -> str:
        """The schema of the database."""
        return LIVE_SCHEMA if self.qualifier == LIVE else CANDIDATE_SCHEMA

    @property
    def build(self) -> str:
        """The commit that the image was made from, `unknown` outside of one."""
        return self.variables.get("GIT_COMMIT") or "unknown"

    @property
    def key_prefix(self) -> str:
        """What every key in a bucket starts with."""
        return "" if self.qualifier == LIVE else "candidate/"

    def _twin(self, variable: str) -> str:
        base = self._required(variable)
        return base if self.qualifier == LIVE else f"{base}-candidate"

    def _required(self, variable: str) -> str:
        value = self.variables.get(variable, "")
        if not value:
            raise ConfigError(f"the environment variable {variable} is not set")
        return value
