"""What the ledger refuses with, beyond the errors that all layers know."""

from tidegate.errors import LedgerError


class Unknown(LedgerError):
    """A run or a release was asked for that the ledger does not hold."""

    exit_code = 2


class Unreadable(LedgerError):
    """A store cannot give bytes that it holds: its file is damaged below the level of records."""


class Damaged(LedgerError):
    """A record is not what was written, or is gone.

    Attributes:
        stream: The stream that is damaged.
        seq: The first record, counted from 1, that is not as it was written.
        last_good: The record before it: everything up to and including it is intact. 0 if none is.
        why: What gave it away.
    """

    def __init__(self, stream: str, seq: int, why: str) -> None:
        last_good = seq - 1
        intact = f"records 1 to {last_good} of {stream} are intact" if last_good else f"nothing of {stream} is intact"
        offer = f"{intact}; restore a copy of the ledger, or `tidegate ledger salvage FILE` saves what is intact"
        super().__init__(f"the ledger is damaged: {why}", where=f"{stream} record {seq}", what_next=offer)
        self.stream = stream
        self.seq = seq
        self.last_good = last_good
        self.why = why
