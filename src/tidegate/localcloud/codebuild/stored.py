"""What a build takes from other services of the embedded cloud: its source, secrets and parameters.

Everything is read straight from moto's backends: no HTTP, no signature.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Unavailable(Exception):
    """What a build asked for cannot be had; the message says what and why."""


class Moto(Protocol):
    """What is needed of the embedded cloud's moto: exclusive access to its backends."""

    @property
    def region(self) -> str:
        """The region of the backends."""

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread while nothing else touches moto's backends."""


class Stored:
    """S3, Secrets Manager and Parameter Store of one account and region."""

    def __init__(self, moto: Moto, account: str) -> None:
        self._moto = moto
        self._account = account

    async def object(self, location: str, version: str) -> bytes:
        """An object by `bucket/key`, of one version where it is named.

        Raises:
            Unavailable: When there is none.
        """
        return await self._moto.run(lambda: _object(self._account, location, version))

    async def secret(self, reference: str) -> str:
        """The value that `secret-id:json-key:version-stage:version-id` names.

        Raises:
            Unavailable: When there is none.
        """
        return await self._moto.run(lambda: _secret(self._account, self._moto.region, reference))

    async def parameter(self, name: str) -> str:
        """A parameter, decrypted.

        Raises:
            Unavailable: When there is none.
        """
        return await self._moto.run(lambda: _parameter(self._account, self._moto.region, name))


def _object(account: str, location: str, version: str) -> bytes:
    from moto.s3.models import FakeKey, s3_backends  # noqa: PLC0415 - moto is loaded lazily

    bucket, _, key = location.removeprefix("arn:aws:s3:::").partition("/")
    holder = s3_backends[account]["aws"].buckets.get(bucket)
    versions: list[Any] = [] if holder is None else holder.keys.getlist(key, [])
    found = next((one for one in reversed(versions) if version in ("", str(one.version_id))), None)
    if not isinstance(found, FakeKey):
        what = f"version {version} of {bucket}/{key}" if version else f"{bucket}/{key}"
        raise Unavailable(f"The specified key does not exist: {what}")
    return bytes(found.value)


def _secret(account: str, region: str, reference: str) -> str:
    from moto.secretsmanager.exceptions import SecretsManagerClientError  # noqa: PLC0415 - moto is loaded lazily
    from moto.secretsmanager.models import secretsmanager_backends  # noqa: PLC0415

    # An ARN has six colons of its own (AWS CodeBuild user guide, env/secrets-manager).
    own = 6 if reference.startswith("arn:") else 0
    parts = reference.split(":")
    name = ":".join(parts[: own + 1])
    key, stage, version = (*parts[own + 1 :], "", "", "")[:3]
    try:
        backend: Any = secretsmanager_backends[account][region]
        found = backend.get_secret_value(name, version or None, stage or None)
        value = str(found["SecretString"])
    except (SecretsManagerClientError, KeyError) as error:
        raise Unavailable(f"Secrets Manager: {name} cannot be read: {type(error).__name__}") from error
    if not key:
        return value
    try:
        chosen = json.loads(value)[key]
    except (ValueError, TypeError, KeyError) as error:
        raise Unavailable(f"Secrets Manager: {name} has no key {key}") from error
    return chosen if isinstance(chosen, str) else json.dumps(chosen)


def _parameter(account: str, region: str, name: str) -> str:
    from moto.ssm.models import ssm_backends  # noqa: PLC0415 - moto is loaded lazily

    backend = ssm_backends[account][region]
    found = backend.get_parameters([name]).get(name)
    if found is None:
        raise Unavailable(f"Parameter Store: {name} does not exist")
    return str(found.response_object(decrypt=True)["Value"])
