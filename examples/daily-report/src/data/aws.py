"""AWS clients, one a service and process, and the one error that their callers see."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class UnavailableError(Exception):
    """A store or queue could not be reached, refused the request, or does not exist."""

    def __init__(self, resource: str, cause: Exception) -> None:
        super().__init__(f"{resource} is not available: {cause}")
        self.resource = resource


@cache
def client(service: str) -> Any:
    """The client of a service. boto3 is imported here: a cold start that needs no AWS does without it."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client(service, config=limits)


@contextmanager
def available(resource: str) -> Iterator[None]:
    """Map whatever boto3 raises inside to UnavailableError, naming the resource."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(resource, error) from error
