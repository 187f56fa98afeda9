"""The account that servers run as: our own, or another one where we are root, which PostgreSQL refuses."""

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tidegate.engines.errors import EngineMissing

# Has no rights anywhere and exists on every system that we know.
UNPRIVILEGED = "nobody"
_SEARCH = 0o001


@dataclass(frozen=True, slots=True)
class Account:
    """An account to run a server as; `ids` is None for our own."""

    ids: tuple[int, int] | None = None

    def owns(self, folder: Path) -> None:
        """Give a folder with all that is in it to the account."""
        if self.ids is None:
            return
        for parent, folders, files in os.walk(folder):
            for name in (".", *folders, *files):
                os.chown(Path(parent, name), *self.ids, follow_symlinks=False)

    def reaches(self, path: Path) -> bool:
        """Whether the account may walk down to a path."""
        if self.ids is None:
            return True
        whole = path.resolve()
        return all(step.stat().st_mode & _SEARCH for step in whole.parents)

    def room(self, folder: Path) -> Path:
        """A folder for the account alone: `folder` itself, or one among temporary files where it has no way in.

        Raises:
            EngineMissing: When there is no way to temporary files either.
        """
        if not self.reaches(folder):
            folder = Path(tempfile.mkdtemp(prefix="tidegate-engine-"))
            if not self.reaches(folder):
                shutil.rmtree(folder)
                raise EngineMissing(
                    f"a database server runs as {UNPRIVILEGED} where we are root, and that account has no way to it",
                    where=str(folder.parent),
                    what_next="set TMPDIR to a folder that everybody may enter, or do not run as root",
                )
        self.owns(folder)
        return folder


def account() -> Account:
    """The account for servers.

    Raises:
        EngineMissing: When we are root and there is no other account.
    """
    if os.geteuid() != 0:
        return Account()
    try:
        found = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise EngineMissing(
            f"PostgreSQL does not run as root, and there is no account {UNPRIVILEGED} to run it as",
            what_next="do not run as root",
        ) from None
    return Account((found.pw_uid, found.pw_gid))
