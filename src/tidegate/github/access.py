"""How GitHub is reached: the token and the address of its API, from variables of the process."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tidegate.errors import ConfigError

PUBLIC_API = "https://api.github.com"
PUBLIC_SERVER = "https://github.com"
TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
"""Where a token is looked for, as `gh` does: the first that is not empty."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API is, and what opens it.

    Attributes:
        url: Address of the API, without a trailing slash.
        server: Address of the pages, which remotes of git name.
        token: Never logged, never in a message.
        variable: Where the token came from.
    """

    url: str
    server: str
    token: str = field(repr=False)
    variable: str

    @property
    def loopback(self) -> bool:
        """Whether the API is on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")


def has_token(variables: Mapping[str, str]) -> bool:
    """Whether a token is at hand."""
    return any(variables.get(name, "").strip() for name in TOKENS)


def read_access(variables: Mapping[str, str]) -> Access:
    """Read the access from variables.

    Raises:
        ConfigError: Without a token, with one that cannot be one, or where it would travel unencrypted.
    """
    name = next((name for name in TOKENS if variables.get(name, "").strip()), None)
    if name is None:
        raise ConfigError(
            "there is no token for GitHub",
            where=" or ".join(TOKENS),
            what_next="set one, for example: export GH_TOKEN=$(gh auth token)",
        )
    token = variables[name].strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(
            "the token holds characters that no token has", where=name, what_next="set it anew, without quotes"
        )
    url = (variables.get("GITHUB_API_URL") or PUBLIC_API).rstrip("/")
    access = Access(url, (variables.get("GITHUB_SERVER_URL") or PUBLIC_SERVER).rstrip("/"), token, name)
    if urlsplit(url).scheme != "https" and not access.loopback:
        raise ConfigError(
            f"{url} is not https: the token would be sent for all to read",
            where="GITHUB_API_URL",
            what_next="use https",
        )
    return access


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
