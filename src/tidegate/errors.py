"""One base for everything that can go wrong: what happened, where, and what to do next.

    Failure                 exit 1   a run, gate or step failed
     ├ ConfigError          exit 2   tidegate.yaml or a command line is wrong; nothing was started
     ├ SourceError          exit 2   the git repository cannot give what was asked for
     ├ BuildError           exit 1   an image or a site bundle could not be built
     ├ CloudError           exit 3   AWS (or the embedded cloud) refused or did not answer
     │  ├ NotFound                   the thing that was asked for does not exist
     │  ├ Moved                      a precondition failed: somebody else wrote, or our own answer was lost
     │  ├ Throttled                  asked too often; may be asked again
     │  └ Unreachable                no answer: whether the effect happened is not known
     ├ DatabaseError        exit 3   the product's database refused, or did not answer
     ├ LedgerError          exit 4   the ledger is damaged, locked or of another version
     │  ├ Conflict                   another writer appended first
     │  ├ Locked                     another run holds the environment
     │  ├ Damaged, Unreadable        `ledger.refusals`: a record, or the file, is not as it was written
     │  └ Unknown           exit 2   `ledger.refusals`: there is no such run or release
     ├ EngineMissing, EngineFailed   exit 1   `engines.errors`: a database server of ours is not here, or refused
     ├ GateFailed           exit 1   a gate's verdict was not Successful
     └ Cancelled            exit 130 a person or a timeout ended it
        └ Superseded                 a newer run took its place

Exit codes are part of the command line's contract; `docs/cli.md` lists them.
"""


class Failure(Exception):
    """Base of all errors that reach a user.

    Attributes:
        what: One sentence: what went wrong.
        where: File and line, resource name or job that it concerns; empty when `what` says it all.
        what_next: What the reader can do about it; empty when nothing can be done.
        exit_code: What the command line exits with.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", what_next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.what_next = what_next

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.what_next:
            lines.append(f"  next: {self.what_next}")
        return "\n".join(lines)


class ConfigError(Failure):
    """tidegate.yaml or a command line is wrong; nothing was started."""

    exit_code = 2


class SourceError(Failure):
    """The git repository cannot give what was asked for."""

    exit_code = 2


class BuildError(Failure):
    """An image or a site bundle could not be built."""


class CloudError(Failure):
    """AWS, or the embedded cloud, refused or did not answer.

    Attributes:
        code: The service's own error code, such as `ResourceConflictException`.
        retry_after: Seconds that the service asked to wait before it is asked again; 0 when it asked for nothing.
    """

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", what_next: str = "", code: str = "") -> None:
        super().__init__(what, where=where, what_next=what_next)
        self.code = code
        self.retry_after = 0.0


class NotFound(CloudError):
    """The thing that was asked for does not exist."""


class Moved(CloudError):
    """A precondition failed: somebody else wrote, or the answer to our own write was lost."""


class Throttled(CloudError):
    """Asked too often; may be asked again."""


class Unreachable(CloudError):
    """No answer arrived: whether the effect happened is not known."""


class DatabaseError(Failure):
    """The product's database refused something, or did not answer.

    Attributes:
        code: PostgreSQL's SQLSTATE or MySQL's number; empty where there is none.
    """

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", what_next: str = "", code: str = "") -> None:
        super().__init__(what, where=where, what_next=what_next)
        self.code = code


class LedgerError(Failure):
    """The ledger is damaged, locked or of another version."""

    exit_code = 4


class Conflict(LedgerError):
    """Another writer appended first; read again and decide anew."""


class Locked(LedgerError):
    """Another run holds the environment."""


class GateFailed(Failure):
    """A gate's verdict was not Successful."""


class Cancelled(Failure):
    """A person or a timeout ended it."""

    exit_code = 130


class Superseded(Cancelled):
    """A newer run took its place: what it carries must not reach the environment any more.

    Attributes:
        by: The newer run.
    """

    def __init__(self, run: str, by: str, environment: str) -> None:
        super().__init__(
            f"superseded by run {by} in {environment}",
            where=f"run {run}",
            what_next=f"`tidegate status {by}` shows how far that one is",
        )
        self.by = by
