"""KeyValueStores: the resource (control plane) and its pairs (data plane), each with an ETag of its own.

Pure: time, ids and ETags come in. A change of pairs becomes visible to edges `propagation` seconds later.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tidegate.localcloud.cloudfront.errors import CloudFrontError, check_if_match
from tidegate.localcloud.cloudfront.stamp import Stamp

# CloudFront quotas, "Quotas on key value stores".
MAX_KEY_BYTES = 512
MAX_VALUE_BYTES = 1024
MAX_STORE_BYTES = 5 * 1024 * 1024
MAX_KEYS_IN_UPDATE = 50


@dataclass(frozen=True, slots=True)
class Revision:
    """The pairs of a store after one change, and when edges see them."""

    pairs: Mapping[str, str]
    etag: str
    visible_at: float


@dataclass(frozen=True, slots=True)
class Store:
    """One KeyValueStore.

    Attributes:
        etag: ETag of the resource (control plane); it does not change with the pairs.
        revisions: Oldest first; the last holds the current pairs, those before it are what edges may still see.
    """

    name: str
    id: str
    arn: str
    comment: str
    etag: str
    past_etags: tuple[str, ...]
    created: float
    modified: float
    pairs_modified: float
    revisions: tuple[Revision, ...]

    @property
    def pairs(self) -> Mapping[str, str]:
        """The current pairs, as the data API shows them."""
        return self.revisions[-1].pairs

    @property
    def pairs_etag(self) -> str:
        """ETag of the pairs, covering the whole store."""
        return self.revisions[-1].etag

    @property
    def size(self) -> int:
        """Bytes of all keys and values."""
        return sum(len(key.encode()) + len(value.encode()) for key, value in self.pairs.items())


class Stores:
    """All KeyValueStores of an account."""

    def __init__(self, account: str, propagation: float = 0.0) -> None:
        self._account = account
        self._stores: dict[str, Store] = {}
        self.propagation = propagation

    def create(self, name: str, comment: str, stamp: Stamp) -> Store:
        """AWS API: CreateKeyValueStore.

        Raises:
            CloudFrontError: EntityAlreadyExists or InvalidArgument.
        """
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
            raise CloudFrontError("InvalidArgument", f"{name!r} is not a name for a key value store")
        if name in self._stores:
            raise CloudFrontError("EntityAlreadyExists", f"The key value store {name} already exists.")
        arn = f"arn:aws:cloudfront::{self._account}:key-value-store/{stamp.id}"
        # The two ETags are never the same, so that who mixes them up learns it here.
        first = Revision({}, f"KV{stamp.etag}", stamp.now)
        store = Store(name, stamp.id, arn, comment, stamp.etag, (), stamp.now, stamp.now, stamp.now, (first,))
        self._stores[name] = store
        return store

    def get(self, name: str) -> Store:
        """AWS API: DescribeKeyValueStore of the control plane.

        Raises:
            CloudFrontError: EntityNotFound.
        """
        if name not in self._stores:
            raise CloudFrontError("EntityNotFound", f"The key value store {name} does not exist.")
        return self._stores[name]

    def listed(self) -> list[Store]:
        """Every store, by name."""
        return [self._stores[name] for name in sorted(self._stores)]

    def update(self, name: str, comment: str, if_match: str | None, stamp: Stamp) -> Store:
        """AWS API: UpdateKeyValueStore.

        Raises:
            CloudFrontError: EntityNotFound, InvalidIfMatchVersion or PreconditionFailed.
        """
        store = self.get(name)
        check_if_match(if_match, store.etag, store.past_etags)
        changed = replace(
            store, comment=comment, etag=stamp.etag, past_etags=(*store.past_etags, store.etag), modified=stamp.now
        )
        self._stores[name] = changed
        return changed

    def delete(self, name: str, if_match: str | None) -> None:
        """AWS API: DeleteKeyValueStore; the caller has checked that no function uses it.

        Raises:
            CloudFrontError: EntityNotFound, InvalidIfMatchVersion or PreconditionFailed.
        """
        store = self.get(name)
        check_if_match(if_match, store.etag, store.past_etags)
        del self._stores[name]

    def by_arn(self, arn: str) -> Store:
        """The store that the data API names.

        Raises:
            CloudFrontError: ResourceNotFoundException.
        """
        for store in self._stores.values():
            if store.arn == arn:
                return store
        raise CloudFrontError("ResourceNotFoundException", f"No key value store {arn}")

    def value(self, arn: str, key: str) -> str:
        """AWS API: GetKey.

        Raises:
            CloudFrontError: ResourceNotFoundException for the store or the key.
        """
        pairs = self.by_arn(arn).pairs
        if key not in pairs:
            raise CloudFrontError("ResourceNotFoundException", f"Key {key} was not found.")
        return pairs[key]

    def change(
        self, arn: str, puts: Mapping[str, str], deletes: Iterable[str], if_match: str | None, stamp: Stamp
    ) -> Store:
        """AWS API: PutKey, DeleteKey and UpdateKeys; all of it or none.

        Raises:
            CloudFrontError: ResourceNotFoundException, ConflictException (409) for an If-Match that is not the current
                ETag, ValidationException or ServiceQuotaExceededException.
        """
        store = self.by_arn(arn)
        deleted = list(deletes)
        _check_change(puts, deleted, if_match)
        if if_match != store.pairs_etag:
            raise CloudFrontError("ConflictException", "Pre-Condition failed: the key value store has another ETag")
        missing = [key for key in deleted if key not in store.pairs]
        if missing:
            raise CloudFrontError("ResourceNotFoundException", f"Key {missing[0]} was not found.")
        pairs = {key: value for key, value in store.pairs.items() if key not in deleted} | dict(puts)
        revision = Revision(pairs, stamp.etag, stamp.now + self.propagation)
        changed = replace(
            store, pairs_modified=stamp.now, revisions=(*_still_needed(store.revisions, stamp.now), revision)
        )
        if changed.size > MAX_STORE_BYTES:
            raise CloudFrontError("ServiceQuotaExceededException", "A key value store holds at most 5 MB")
        self._stores[store.name] = changed
        return changed

    def seen_by_edges(self, arn: str, now: float) -> Revision:
        """The newest revision that has reached the edges.

        Raises:
            CloudFrontError: ResourceNotFoundException.
        """
        return _still_needed(self.by_arn(arn).revisions, now)[0]


def _still_needed(revisions: tuple[Revision, ...], now: float) -> tuple[Revision, ...]:
    """The newest visible revision and those after it; a store without a visible one shows its first."""
    visible = [index for index, revision in enumerate(revisions) if revision.visible_at <= now]
    return revisions[visible[-1] if visible else 0 :]


def _check_change(puts: Mapping[str, str], deletes: list[str], if_match: str | None) -> None:
    if not if_match:
        raise CloudFrontError("ValidationException", "If-Match is required")
    if len(puts) + len(deletes) > MAX_KEYS_IN_UPDATE:
        raise CloudFrontError("ValidationException", f"At most {MAX_KEYS_IN_UPDATE} keys in one update")
    if set(puts) & set(deletes):
        raise CloudFrontError("ValidationException", "A key is both put and deleted")
    for key, value in puts.items():
        if not 1 <= len(key.encode()) <= MAX_KEY_BYTES:
            raise CloudFrontError("ValidationException", f"A key has 1 to {MAX_KEY_BYTES} bytes")
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise CloudFrontError("ValidationException", f"A value has at most {MAX_VALUE_BYTES} bytes")
