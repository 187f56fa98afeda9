"""Who speaks to a server."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password, which is never shown."""

    user: str
    password: str = field(repr=False)
