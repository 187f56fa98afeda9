"""The edges port over Amazon CloudFront and its KeyValueStore."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Distribution

INVALIDATION_SECONDS = 900.0
"""How long an invalidation may take; CloudFront says that most need less than two minutes."""


class AwsEdges:
    """Amazon CloudFront behind `ports.Edges`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def distribution(self, identity: str) -> Distribution:
        """Describe a distribution; `NotFound` without it."""
        where = f"distribution {identity}"

        def call() -> tuple[Mapping[str, Any], str]:
            described = self._wire.clients.edges.get_distribution(Id=identity)["Distribution"]
            return described, self._store(described["DistributionConfig"]["DefaultCacheBehavior"])

        described, store = await self._wire.ask(where, call)
        domain = described["DomainName"]
        scheme = "http" if self._wire.loopback else "https"
        return Distribution(identity, f"{scheme}://{domain}", domain, store, _origin(described["DistributionConfig"]))

    async def invalidate(self, identity: str, paths: Sequence[str], reference: str) -> str:
        """Invalidate paths and wait until it is completed; one reference is one invalidation. Returns its id.

        AWS API: CreateInvalidation with a CallerReference that was used before, for the same paths, returns the
        invalidation of that time, so it may be asked again after a lost answer.
        """
        where = f"distribution {identity}"
        created = await self._wire.ask(
            where,
            lambda: self._wire.clients.edges.create_invalidation(
                DistributionId=identity,
                InvalidationBatch={
                    "Paths": {"Quantity": len(paths), "Items": list(paths)},
                    "CallerReference": reference,
                },
            )["Invalidation"],
        )
        number = created["Id"]

        def state() -> str:
            answer = self._wire.clients.edges.get_invalidation(DistributionId=identity, Id=number)
            return answer["Invalidation"]["Status"]

        await self._wire.until(f"{where}, invalidation {number}", state, "Completed", INVALIDATION_SECONDS)
        return number

    async def pointers(self, store: str) -> tuple[Mapping[str, str], str]:
        """All keys of a KeyValueStore, and the ETag of the whole store.

        The ETag is read first: a write in between makes the next write fail, never makes it overwrite.
        """

        def call() -> tuple[dict[str, str], str]:
            client = self._wire.clients.pointers
            etag = client.describe_key_value_store(KvsARN=store)["ETag"]
            pages = client.get_paginator("list_keys").paginate(KvsARN=store)
            return {item["Key"]: item["Value"] for page in pages for item in page.get("Items", ())}, etag

        return await self._wire.ask(store, call)

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        """Write keys in one call; returns the new ETag. `Moved` when `etag` is not the current one."""
        answer = await self._wire.tell(
            store,
            lambda: self._wire.clients.pointers.update_keys(
                KvsARN=store, IfMatch=etag, Puts=[{"Key": key, "Value": value} for key, value in values.items()]
            ),
        )
        return answer["ETag"]

    def _store(self, behavior: Mapping[str, Any]) -> str:
        for association in behavior.get("FunctionAssociations", {}).get("Items", ()):
            if association["EventType"] == "viewer-request":
                name = association["FunctionARN"].rpartition("/")[2]
                summary = self._wire.clients.edges.describe_function(Name=name, Stage="LIVE")["FunctionSummary"]
                stores = summary["FunctionConfig"].get("KeyValueStoreAssociations", {}).get("Items", ())
                return next((store["KeyValueStoreARN"] for store in stores), "")
        return ""


def _origin(config: Mapping[str, Any]) -> str:
    target = config["DefaultCacheBehavior"]["TargetOriginId"]
    for origin in config["Origins"]["Items"]:
        if origin["Id"] == target:
            return f"{origin['DomainName']}{origin.get('OriginPath', '')}"
    return ""
