"""Secrets, read by name when they are used: a published version freezes its variables, so none of them holds a value."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

from src.data.aws import available


@dataclass(frozen=True, slots=True)
class Seal:
    """What shows that this service made a PDF, to whoever has the key too."""

    key: bytes = field(repr=False)

    def of(self, content: bytes) -> str:
        """HMAC-SHA256, in hex."""
        return hmac.new(self.key, content, hashlib.sha256).hexdigest()


def seal_of(secrets: Any, name: str) -> Seal:
    """The seal with the value that the secret has now; raises UnavailableError."""
    with available(f"secret {name}"):
        return Seal(secrets.get_secret_value(SecretId=name)["SecretString"].encode())
