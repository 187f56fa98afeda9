"""A distribution's configuration as the edge needs it: origins, behaviours, error pages (pure).

Settings that change what viewers get and that the edge does not follow are refused as not emulated. Kept and shown, but
without effect on a loopback edge: aliases, certificates, viewer protocol policy, price class, HTTP version, IPv6,
access logs, origin access controls, origin request policies (S3 needs none) and Brotli.
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tidegate.localcloud.cloudfront.errors import CloudFrontError, NotEmulatedError
from tidegate.localcloud.cloudfront.policies import MANAGED, CachePolicy, QueryRule, Ttl

# Seconds, for behaviours without a cache policy that do not say (AWS API: DefaultCacheBehavior).
DEFAULT_TTL = Ttl(0, 86_400, 31_536_000)
DEFAULT_ERROR_CACHING_SECONDS = 10

_S3_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com")


@dataclass(frozen=True, slots=True)
class S3Origin:
    """Where objects come from; `path` is put before every URI (it begins with a slash or is empty)."""

    bucket: str
    path: str


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How requests whose path matches `pattern` are answered; functions are ARNs."""

    pattern: str
    origin: S3Origin
    cache: CachePolicy
    compress: bool
    methods: frozenset[str]
    viewer_request: str | None
    viewer_response: str | None

    def matches(self, path: str) -> bool:
        """Whether a normalized path falls to this behaviour: `*` is any text, `?` one character, case matters."""
        pattern = self.pattern if self.pattern.startswith(("/", "*")) else f"/{self.pattern}"
        expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
        return re.fullmatch(expression, path, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What replaces an origin's error: page and status may be absent, then only the caching time counts."""

    error: int
    page: str | None
    status: int | None
    cache_seconds: int


@dataclass(frozen=True, slots=True)
class Site:
    """One distribution's configuration."""

    enabled: bool
    root_object: str
    behaviours: tuple[Behaviour, ...]
    default: Behaviour
    error_pages: Mapping[int, ErrorPage]

    def behaviour(self, path: str) -> Behaviour:
        """The behaviour for a raw path: normalized as RFC 3986 says for matching only (the origin gets it raw)."""
        normalized = posixpath.normpath(path) if path != "/" else path
        if path.endswith("/") and normalized != "/":
            normalized += "/"
        return next((found for found in self.behaviours if found.matches(normalized)), self.default)

    def error_caching(self, status: int) -> int:
        """Seconds that an origin's error of this status stays in the cache."""
        page = self.error_pages.get(status)
        return page.cache_seconds if page else DEFAULT_ERROR_CACHING_SECONDS


def parse_site(config: Mapping[str, Any]) -> Site:
    """Read a DistributionConfig.

    Raises:
        CloudFrontError: For a configuration that AWS refuses too (NoSuchOrigin, NoSuchCachePolicy, InvalidArgument,
            InvalidDefaultRootObject, InvalidErrorCode …).
        NotEmulatedError: For what the edge does not do: origins other than S3, custom cache policies, Lambda@Edge.
    """
    _refuse_what_has_no_effect(config)
    origins = {origin["Id"]: _origin(origin) for origin in config["Origins"]["Items"]}
    root = config.get("DefaultRootObject") or ""
    if root.startswith("/"):
        raise CloudFrontError("InvalidDefaultRootObject", "The default root object must not begin with a slash.")
    pages = [_error_page(item) for item in _items(config.get("CustomErrorResponses"))]
    return Site(
        bool(config["Enabled"]),
        root,
        tuple(_behaviour(item, item["PathPattern"], origins) for item in _items(config.get("CacheBehaviors"))),
        _behaviour(config["DefaultCacheBehavior"], "*", origins),
        {page.error: page for page in pages},
    )


def function_arns(site: Site) -> frozenset[str]:
    """Every function that a site's behaviours run."""
    behaviours = (*site.behaviours, site.default)
    return frozenset(arn for one in behaviours for arn in (one.viewer_request, one.viewer_response) if arn)


def object_key(origin: S3Origin, uri: str) -> str:
    """The S3 key of a raw URI path: the origin path before it, percent-decoded once, dot segments kept as they are."""
    return unquote(f"{origin.path}{uri}", errors="surrogateescape").removeprefix("/")


def _refuse_what_has_no_effect(config: Mapping[str, Any]) -> None:
    geography = (config.get("Restrictions") or {}).get("GeoRestriction") or {}
    refused = {
        "origin groups": bool(_items(config.get("OriginGroups"))),
        "web ACLs": bool(config.get("WebACLId")),
        "geographic restrictions": geography.get("RestrictionType", "none") != "none",
        "continuous deployment": bool(config.get("Staging") or config.get("ContinuousDeploymentPolicyId")),
    }
    for one in (config["DefaultCacheBehavior"], *_items(config.get("CacheBehaviors"))):
        signers = [one.get(name) or {} for name in ("TrustedSigners", "TrustedKeyGroups")]
        refused["signed URLs"] = refused.get("signed URLs", False) or any(group.get("Enabled") for group in signers)
        for name in ("ResponseHeadersPolicyId", "FieldLevelEncryptionId", "RealtimeLogConfigArn"):
            refused[name] = refused.get(name, False) or bool(one.get(name))
    found = [name for name, is_there in refused.items() if is_there]
    if found:
        raise NotEmulatedError(f"distributions with {' and '.join(found)}")


def _items(group: Mapping[str, Any] | None) -> list[Any]:
    return list((group or {}).get("Items") or [])


def _origin(origin: Mapping[str, Any]) -> S3Origin:
    match = _S3_HOST.fullmatch(origin["DomainName"])
    if match is None or origin.get("CustomOriginConfig"):
        raise NotEmulatedError(f"origin {origin['DomainName']}: only S3 origins (<bucket>.s3.<region>.amazonaws.com)")
    path = origin.get("OriginPath") or ""
    if path and (not path.startswith("/") or path.endswith("/")):
        raise CloudFrontError("InvalidArgument", "OriginPath must begin with a slash and must not end with one.")
    return S3Origin(match["bucket"], path)


def _behaviour(given: Mapping[str, Any], pattern: str, origins: Mapping[str, S3Origin]) -> Behaviour:
    target = given["TargetOriginId"]
    if target not in origins:
        raise CloudFrontError("NoSuchOrigin", f"One or more of your origins or origin groups do not exist: {target}")
    if _items(given.get("LambdaFunctionAssociations")):
        raise NotEmulatedError("Lambda@Edge")
    functions = {item["EventType"]: item["FunctionARN"] for item in _items(given.get("FunctionAssociations"))}
    if set(functions) - {"viewer-request", "viewer-response"}:
        raise CloudFrontError("InvalidFunctionAssociation", "A function runs on viewer-request or viewer-response.")
    methods = _items(given.get("AllowedMethods")) or ["GET", "HEAD"]
    return Behaviour(
        pattern,
        origins[target],
        _cache_policy(given),
        bool(given.get("Compress")),
        frozenset(methods),
        functions.get("viewer-request"),
        functions.get("viewer-response"),
    )


def _cache_policy(given: Mapping[str, Any]) -> CachePolicy:
    policy_id = given.get("CachePolicyId")
    forwarded = given.get("ForwardedValues")
    if policy_id and forwarded:
        raise CloudFrontError("InvalidArgument", "Use CachePolicyId or ForwardedValues, not both.")
    if policy_id:
        if policy_id not in MANAGED:
            raise CloudFrontError("NoSuchCachePolicy", f"The cache policy {policy_id} does not exist.")
        return MANAGED[policy_id].policy
    if not forwarded:
        raise CloudFrontError("InvalidArgument", "The parameter ForwardedValues is required.")
    minimum = given.get("MinTTL") or 0
    maximum = given.get("MaxTTL", DEFAULT_TTL.maximum)
    default = given.get("DefaultTTL", min(max(DEFAULT_TTL.default, minimum), maximum))
    if not minimum <= default <= maximum:
        raise CloudFrontError("InvalidTTLOrder", "MinTTL must not exceed DefaultTTL, nor DefaultTTL MaxTTL.")
    names = frozenset(_items(forwarded.get("QueryStringCacheKeys")))
    rule = QueryRule.NONE
    if forwarded["QueryString"]:
        rule = QueryRule.WHITELIST if names and "*" not in names else QueryRule.ALL
    return CachePolicy(Ttl(minimum, default, maximum), rule, names, gzip=True)


def _error_page(item: Mapping[str, Any]) -> ErrorPage:
    page, status = item.get("ResponsePagePath") or None, item.get("ResponseCode") or None
    if (page is None) != (status is None):
        raise CloudFrontError("InvalidArgument", "ResponsePagePath and ResponseCode come together.")
    if not 400 <= item["ErrorCode"] <= 599:
        raise CloudFrontError("InvalidErrorCode", f"{item['ErrorCode']} is not an error code.")
    if page is not None and not page.startswith("/"):
        raise CloudFrontError("InvalidArgument", "ResponsePagePath must begin with a slash.")
    seconds = item.get("ErrorCachingMinTTL")
    return ErrorPage(
        item["ErrorCode"],
        page,
        int(status) if status else None,
        DEFAULT_ERROR_CACHING_SECONDS if seconds is None else seconds,
    )
