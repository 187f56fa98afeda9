"""The tag of an image: for people; machines go by digest."""

from datetime import UTC, datetime

SHORT = 7


def image_tag(commit: str, seconds: float) -> str:
    """`sha-<short>-<YYYYMMDD-HHMMSS>` of a commit at a time in seconds since the epoch, in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"sha-{commit[:SHORT]}-{moment:%Y%m%d-%H%M%S}"
