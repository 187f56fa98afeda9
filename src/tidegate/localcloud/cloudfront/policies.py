"""CloudFront's managed cache policies, which behaviours name by well-known ids.

Source: Amazon CloudFront Developer Guide, "Use managed cache policies".
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class QueryRule(StrEnum):
    """Which query parameters belong to the cache key."""

    NONE = "none"
    WHITELIST = "whitelist"
    EXCEPT = "allExcept"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Ttl:
    """Seconds that a behaviour lets objects stay in the cache."""

    minimum: int
    default: int
    maximum: int


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """What a behaviour caches for how long, and under which key."""

    ttl: Ttl
    query: QueryRule = QueryRule.NONE
    query_names: frozenset[str] = frozenset()
    gzip: bool = False


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A cache policy that AWS offers to every account."""

    id: str
    name: str
    policy: CachePolicy

    def described(self) -> dict[str, Any]:
        """The policy as GetCachePolicy shows it."""
        ttl = self.policy.ttl
        key = {
            "EnableAcceptEncodingGzip": self.policy.gzip,
            "EnableAcceptEncodingBrotli": self.policy.gzip,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": self.policy.query.value},
        }
        config = {
            "Name": self.name,
            "Comment": "",
            "MinTTL": ttl.minimum,
            "DefaultTTL": ttl.default,
            "MaxTTL": ttl.maximum,
            "ParametersInCacheKeyAndForwardedToOrigin": key,
        }
        return {"Id": self.id, "LastModifiedTime": 0.0, "CachePolicyConfig": config}


YEAR = 31_536_000

MANAGED = {
    policy.id: policy
    for policy in (
        ManagedPolicy(
            "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "Managed-CachingOptimized",
            CachePolicy(Ttl(1, 86_400, YEAR), gzip=True),
        ),
        ManagedPolicy(
            "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
            "Managed-CachingOptimizedForUncompressedObjects",
            CachePolicy(Ttl(1, 86_400, YEAR)),
        ),
        ManagedPolicy("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "Managed-CachingDisabled", CachePolicy(Ttl(0, 0, 0))),
        ManagedPolicy(
            "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
            "UseOriginCacheControlHeaders",
            CachePolicy(Ttl(0, 0, YEAR), gzip=True),
        ),
        ManagedPolicy(
            "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
            "UseOriginCacheControlHeaders-QueryStrings",
            CachePolicy(Ttl(0, 0, YEAR), QueryRule.ALL, gzip=True),
        ),
    )
}
