"""What can go wrong with a server of ours."""

from tidegate.errors import Failure


class EngineMissing(Failure):
    """A server's programs are not on this computer, or cannot be run by the account that they need."""


class EngineFailed(Failure):
    """A server did not start, or refused a statement of ours."""
