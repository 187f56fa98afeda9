"""The composition root: one embedded cloud with every service that there is."""

from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings


def compose(settings: Settings) -> EmbeddedCloud:
    """Put every service together; nothing is opened before `running()`."""
    return EmbeddedCloud(settings)
