"""Which resources an invocation may touch: the rule of `src/config.py`, again for this image."""

from collections.abc import Mapping
from dataclasses import dataclass

from aurora.database import CANDIDATE_SCHEMA, LIVE_SCHEMA

LIVE = "live"
UNQUALIFIED = "$LATEST"
CANDIDATE_PREFIX = "candidate/"


class ConfigError(Exception):
    """A variable is missing or empty, or an event names what this qualifier may not touch."""


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
    def schema(self) -> str:
        """The schema of the database."""
        return LIVE_SCHEMA if self.qualifier == LIVE else CANDIDATE_SCHEMA

    def fund_object(self, bucket: str | None, key: str) -> tuple[str, str]:
        """Bucket and key to read for what an event names; raises ConfigError for a foreign bucket or key.

        Only the function's own bucket is read. The live alias refuses the candidate's keys, any other
        qualifier reads below `candidate/` whether or not the event says so.
        """
        own = self._required("FUND_BUCKET_NAME")
        if bucket not in (None, own):
            raise ConfigError(f"the event names bucket {bucket!r}, this function reads {own!r}")
        if not key.startswith(CANDIDATE_PREFIX):
            return own, key if self.qualifier == LIVE else f"{CANDIDATE_PREFIX}{key}"
        if self.qualifier == LIVE:
            raise ConfigError(f"key {key!r} is the candidate's, not for {LIVE!r}")
        return own, key

    def _required(self, variable: str) -> str:
        value = self.variables.get(variable, "")
        if not value:
            raise ConfigError(f"the environment variable {variable} is not set")
        return value
