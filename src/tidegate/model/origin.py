"""Origin: the workflow run that a run belongs to, as the ledger names it."""

import re
from dataclasses import dataclass
from typing import Self

_SHAPE = re.compile(r"github:(?P<repository>[A-Za-z0-9-]+/[A-Za-z0-9._-]+):(?P<id>[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class GithubOrigin:
    """A workflow run of GitHub Actions; as text, `github:owner/repo:RUN_ID`.

    Attributes:
        repository: `owner/repo`.
        id: The workflow run's id, `GITHUB_RUN_ID` of its jobs. It stays the same when jobs are run again.
    """

    repository: str
    id: int

    def __str__(self) -> str:
        return f"github:{self.repository}:{self.id}"

    @classmethod
    def of(cls, origin: str) -> Self | None:
        """The workflow run that the text names; None when it names none."""
        shaped = _SHAPE.fullmatch(origin)
        return cls(shaped["repository"], int(shaped["id"])) if shaped else None


def is_spread(host: str) -> bool:
    """Whether a host that the ledger names is not one machine with one process, but the place of a run's many.

    Those are `github:owner/repo:RUN_ID`, and `jobs:MACHINE` for jobs that are processes of their own. No machine's name
    holds a colon.
    """
    return ":" in host
