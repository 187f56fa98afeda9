"""CloudFront Functions: two stages with separate states (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tidegate.localcloud.cloudfront.errors import CloudFrontError, NotEmulatedError, check_if_match
from tidegate.localcloud.cloudfront.stamp import Stamp

MAX_CODE_BYTES = 10 * 1024  # CloudFront quotas, "Quotas on CloudFront Functions"


class Stage(StrEnum):
    """Where a function's code is: being worked on, or run by edges."""

    DEVELOPMENT = "DEVELOPMENT"
    LIVE = "LIVE"


@dataclass(frozen=True, slots=True)
class Staged:
    """A function's code and configuration in one stage."""

    code: bytes
    config: Mapping[str, Any]
    etag: str
    past_etags: tuple[str, ...]
    created: float
    modified: float

    @property
    def store_arn(self) -> str | None:
        """The KeyValueStore that `cf.kvs()` opens; a function has one at most."""
        items = (self.config.get("KeyValueStoreAssociations") or {}).get("Items") or []
        return str(items[0]["KeyValueStoreARN"]) if items else None


@dataclass(frozen=True, slots=True)
class Function:
    """One function; `live` is None until it was published."""

    name: str
    arn: str
    development: Staged
    live: Staged | None = None


class Functions:
    """All functions of an account."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._functions: dict[str, Function] = {}

    def create(self, name: str, config: Mapping[str, Any], code: bytes, stamp: Stamp) -> Function:
        """AWS API: CreateFunction.

        Raises:
            CloudFrontError: FunctionAlreadyExists, FunctionSizeLimitExceeded or InvalidArgument.
            NotEmulatedError: For the runtime cloudfront-js-1.0.
        """
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
            raise CloudFrontError("InvalidArgument", f"{name!r} is not a name for a function")
        if name in self._functions:
            raise CloudFrontError("FunctionAlreadyExists", f"A function with the name {name} already exists.")
        _check(config, code)
        arn = f"arn:aws:cloudfront::{self._account}:function/{name}"
        function = Function(name, arn, Staged(code, config, stamp.etag, (), stamp.now, stamp.now))
        self._functions[name] = function
        return function

    def get(self, name: str) -> Function:
        """The function of that name.

        Raises:
            CloudFrontError: NoSuchFunctionExists.
        """
        if name not in self._functions:
            raise CloudFrontError("NoSuchFunctionExists", "The specified function does not exist.")
        return self._functions[name]

    def staged(self, name: str, stage: Stage) -> Staged:
        """A function's state in one stage (AWS API: DescribeFunction, GetFunction).

        Raises:
            CloudFrontError: NoSuchFunctionExists, also for LIVE of a function that was never published.
        """
        function = self.get(name)
        found = function.live if stage is Stage.LIVE else function.development
        if found is None:
            raise CloudFrontError("NoSuchFunctionExists", "The specified function does not exist in stage LIVE.")
        return found

    def listed(self) -> list[Function]:
        """Every function, by name."""
        return [self._functions[name] for name in sorted(self._functions)]

    def update(self, name: str, config: Mapping[str, Any], code: bytes, if_match: str | None, stamp: Stamp) -> Function:
        """AWS API: UpdateFunction; changes the DEVELOPMENT stage only.

        Raises:
            CloudFrontError: NoSuchFunctionExists, InvalidIfMatchVersion, PreconditionFailed, FunctionSizeLimitExceeded.
            NotEmulatedError: For the runtime cloudfront-js-1.0.
        """
        function = self.get(name)
        before = function.development
        check_if_match(if_match, before.etag, before.past_etags)
        _check(config, code)
        changed = replace(
            before,
            code=code,
            config=config,
            etag=stamp.etag,
            past_etags=(*before.past_etags, before.etag),
            modified=stamp.now,
        )
        self._functions[name] = replace(function, development=changed)
        return self._functions[name]

    def publish(self, name: str, if_match: str | None, stamp: Stamp) -> Function:
        """AWS API: PublishFunction; copies DEVELOPMENT to LIVE.

        Raises:
            CloudFrontError: NoSuchFunctionExists, InvalidIfMatchVersion or PreconditionFailed.
        """
        function = self.get(name)
        source = function.development
        check_if_match(if_match, source.etag, source.past_etags)
        created = function.live.created if function.live else stamp.now
        live = Staged(source.code, source.config, stamp.etag, (), created, stamp.now)
        self._functions[name] = replace(function, live=live)
        return self._functions[name]

    def delete(self, name: str, if_match: str | None) -> None:
        """AWS API: DeleteFunction; the caller has checked that no distribution uses it.

        Raises:
            CloudFrontError: NoSuchFunctionExists, InvalidIfMatchVersion or PreconditionFailed.
        """
        source = self.get(name).development
        check_if_match(if_match, source.etag, source.past_etags)
        del self._functions[name]

    def live_by_arn(self, arn: str) -> Staged | None:
        """What edges run for a function's ARN; None when there is no such published function."""
        for function in self._functions.values():
            if function.arn == arn:
                return function.live
        return None


def _check(config: Mapping[str, Any], code: bytes) -> None:
    if len(code) > MAX_CODE_BYTES:
        raise CloudFrontError("FunctionSizeLimitExceeded", f"The function is larger than {MAX_CODE_BYTES} bytes.")
    if config["Runtime"] != "cloudfront-js-2.0":
        raise NotEmulatedError(f"runtime {config['Runtime']}")
    if len((config.get("KeyValueStoreAssociations") or {}).get("Items") or []) > 1:
        raise CloudFrontError("InvalidArgument", "A function has at most one key value store.")
