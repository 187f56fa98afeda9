"""What a change of state is given from outside, so that the state machine has no clock and no dice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stamp:
    """Time and names for one change.

    Attributes:
        now: Seconds since the epoch.
        id: A fresh identifier, used if the change creates something.
        etag: A fresh ETag for the changed resource.
    """

    now: float
    id: str
    etag: str
