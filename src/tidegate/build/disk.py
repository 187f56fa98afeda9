"""A full disk, told as what it is."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from tidegate.errors import BuildError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def clear_when_full(what: str) -> Iterator[None]:
    """Turn a full disk inside the block into a BuildError that names what was being written.

    Raises:
        BuildError: For ENOSPC and EDQUOT; every other OSError passes through.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise BuildError(
            f"no space left on the disk while writing {what}; nothing half-written was kept",
            where=str(error.filename or ""),
            what_next="free some space (the cache folder may be deleted) and run again",
        ) from error
