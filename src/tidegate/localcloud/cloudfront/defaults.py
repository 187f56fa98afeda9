"""What CloudFront fills into a DistributionConfig that leaves it out, so that clients read back whole configurations.

Source: AWS API, DistributionConfig and CacheBehavior ("default value" of each member).
"""

from collections.abc import Mapping
from typing import Any

_NONE: dict[str, Any] = {"Quantity": 0}
_READ = {
    "Quantity": 2,
    "Items": ["HEAD", "GET"],
    "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
}

_DISTRIBUTION: dict[str, Any] = {
    "Aliases": _NONE,
    "DefaultRootObject": "",
    "OriginGroups": _NONE,
    "CacheBehaviors": _NONE,
    "CustomErrorResponses": _NONE,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}

_BEHAVIOUR: dict[str, Any] = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "AllowedMethods": _READ,
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
}

_ORIGIN: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}


def with_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with every member that GetDistributionConfig would show."""
    complete = {**_DISTRIBUTION, **config}
    complete["DefaultCacheBehavior"] = {**_BEHAVIOUR, **config["DefaultCacheBehavior"]}
    complete["Origins"] = _each(config["Origins"], _ORIGIN)
    complete["CacheBehaviors"] = _each(complete["CacheBehaviors"], _BEHAVIOUR)
    return complete


def _each(group: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    items = [{**defaults, **item} for item in group.get("Items") or []]
    return {**group, **({"Items": items} if items else {})}
