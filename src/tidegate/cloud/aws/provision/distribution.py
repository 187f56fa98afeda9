"""CloudFront distributions TEST and APP."""

from typing import Any

from tidegate.cloud.aws.edges import AwsEdges
from tidegate.cloud.aws.provision.edge_function import ensure_edge_function
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import SiteBlueprint
from tidegate.cloud.ports import Distribution
from tidegate.model.pipeline import Strategy

ORIGIN = "site"
CACHE_POLICY = "83da9c7e-98b4-4e11-a168-04f0df8e2c65"
"""Managed policy UseOriginCacheControlHeaders: what the objects say, and nothing kept of those that say nothing."""


async def ensure_distribution(wire: Wire, name: str, site: SiteBlueprint) -> Distribution:
    """A distribution over the site's bucket, found again by its name, which is its comment.

    Strategy `pointer` gives it a viewer-request function; `invalidation` a root object and error pages instead.
    """
    match site.strategy:
        case Strategy.POINTER:
            function = await ensure_edge_function(wire, name, site.viewer_request)
        case Strategy.INVALIDATION:
            function = ""
    wanted = _config(name, site, wire.region, function)
    identity = await wire.ask(f"distribution {name}", lambda: _find(wire, name) or _create(wire, wanted))
    await wire.ask(f"distribution {name}", lambda: _update(wire, identity, wanted))
    return await AwsEdges(wire).distribution(identity)


def _find(wire: Wire, name: str) -> str:
    for page in wire.clients.edges.get_paginator("list_distributions").paginate():
        for found in page["DistributionList"].get("Items", ()):
            if found["Comment"] == name:
                return found["Id"]
    return ""


def _create(wire: Wire, wanted: dict[str, Any]) -> str:
    return wire.clients.edges.create_distribution(DistributionConfig=wanted)["Distribution"]["Id"]  # type: ignore[arg-type]


def _update(wire: Wire, identity: str, wanted: dict[str, Any]) -> None:
    """Bring one that was made for the other strategy up to date."""
    answer = wire.clients.edges.get_distribution_config(Id=identity)
    current: dict[str, Any] = dict(answer["DistributionConfig"])
    if _choices(current) != _choices(wanted):
        changed = wanted | {"CallerReference": current["CallerReference"]}
        wire.clients.edges.update_distribution(Id=identity, IfMatch=answer["ETag"], DistributionConfig=changed)  # type: ignore[arg-type]


def _choices(config: dict[str, Any]) -> tuple[str, list[str], list[int], list[str]]:
    """What the two strategies differ in, and the origin."""
    behavior = config["DefaultCacheBehavior"]
    return (
        config.get("DefaultRootObject", ""),
        [item["FunctionARN"] for item in behavior.get("FunctionAssociations", {}).get("Items", ())],
        [item["ErrorCode"] for item in config.get("CustomErrorResponses", {}).get("Items", ())],
        [item["DomainName"] for item in config["Origins"]["Items"]],
    )


def _config(name: str, site: SiteBlueprint, region: str, function: str) -> dict[str, Any]:
    functions = [{"FunctionARN": function, "EventType": "viewer-request"}] if function else []
    pages = [] if function else [_page(status) for status in (403, 404)]
    return {
        "CallerReference": name,
        "Comment": name,
        "Enabled": True,
        "DefaultRootObject": "" if function else "index.html",
        "Origins": _group(
            {
                "Id": ORIGIN,
                "DomainName": f"{site.bucket}.s3.{region}.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ),
        "DefaultCacheBehavior": {
            "TargetOriginId": ORIGIN,
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": CACHE_POLICY,
            "Compress": True,
            "FunctionAssociations": _group(*functions),
        },
        "CustomErrorResponses": _group(*pages),
    }


def _page(status: int) -> dict[str, Any]:
    """A single-page application answers every path with its index."""
    return {"ErrorCode": status, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 0}


def _group(*items: dict[str, Any]) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": list(items)} if items else {"Quantity": 0}
