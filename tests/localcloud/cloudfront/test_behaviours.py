from typing import Any

import pytest

from tests.localcloud.cloudfront.conftest import config, legacy
from tidegate.localcloud.cloudfront.behaviours import S3Origin, object_key, parse_site
from tidegate.localcloud.cloudfront.errors import CloudFrontError, NotEmulatedError
from tidegate.localcloud.cloudfront.policies import Ttl


def behaviour(pattern: str) -> dict[str, Any]:
    return {**config()["DefaultCacheBehavior"], "PathPattern": pattern}


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/images/*", "/images/a.png", True),
        ("images/*", "/images/a.png", True),
        ("/images/*", "/images", False),
        ("*.jpg", "/deep/a.jpg", True),
        ("*.jpg", "/a.JPG", False),
        ("/a?.js", "/a1.js", True),
        ("/a?.js", "/a12.js", False),
        ("/api/*", "/web/../api/a", True),
        ("/api/*", "/api/../web/a", False),
        ("/a.c", "/abc", False),
    ],
)
def test_path_patterns(pattern: str, path: str, matches: bool) -> None:
    site = parse_site(config(CacheBehaviors={"Quantity": 1, "Items": [behaviour(pattern)]}))
    assert (site.behaviour(path) is not site.default) is matches


def test_the_first_pattern_that_matches_wins() -> None:
    items = [behaviour("/a/*"), behaviour("/*")]
    site = parse_site(config(CacheBehaviors={"Quantity": 2, "Items": items}))
    assert site.behaviour("/a/b").pattern == "/a/*"
    assert site.behaviour("/b").pattern == "/*"


@pytest.mark.parametrize(
    ("domain", "bucket"),
    [
        ("site.s3.eu-west-1.amazonaws.com", "site"),
        ("site.s3.amazonaws.com", "site"),
        ("site.s3-eu-west-1.amazonaws.com", "site"),
        ("my.site.s3.eu-west-1.amazonaws.com", "my.site"),
    ],
)
def test_buckets_by_domain_name(domain: str, bucket: str) -> None:
    assert parse_site(config(origin={"DomainName": domain})).default.origin.bucket == bucket


@pytest.mark.parametrize(
    ("path", "uri", "key"),
    [
        ("", "/a.html", "a.html"),
        ("/v1", "/a.html", "v1/a.html"),
        ("", "/a%20b+c", "a b+c"),
        ("", "/a%2Fb", "a/b"),
        ("", "/%252e", "%2e"),
        ("", "//a", "/a"),
        ("/v1", "/../a", "v1/../a"),
    ],
)
def test_object_keys(path: str, uri: str, key: str) -> None:
    assert object_key(S3Origin("b", path), uri) == key


def test_limits_of_behaviours_without_a_policy() -> None:
    assert parse_site(config(behaviour=legacy(0, 300, 600))).default.cache.ttl == Ttl(0, 300, 600)
    bare = {
        "CachePolicyId": None,
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        "MinTTL": 0,
    }
    assert parse_site(config(behaviour=bare)).default.cache.ttl == Ttl(0, 86_400, 31_536_000)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"behaviour": legacy(10, 5, 60)}, "InvalidTTLOrder"),
        ({"behaviour": {"CachePolicyId": None}}, "InvalidArgument"),
        ({"behaviour": {"ForwardedValues": {"QueryString": False}}}, "InvalidArgument"),
        ({"origin": {"OriginPath": "v1"}}, "InvalidArgument"),
        ({"origin": {"OriginPath": "/v1/"}}, "InvalidArgument"),
        ({"CustomErrorResponses": {"Items": [{"ErrorCode": 200}]}}, "InvalidErrorCode"),
        ({"CustomErrorResponses": {"Items": [{"ErrorCode": 404, "ResponsePagePath": "/a"}]}}, "InvalidArgument"),
        (
            {"CustomErrorResponses": {"Items": [{"ErrorCode": 404, "ResponsePagePath": "a", "ResponseCode": "200"}]}},
            "InvalidArgument",
        ),
        (
            {"behaviour": {"FunctionAssociations": {"Items": [{"EventType": "origin-request", "FunctionARN": "x"}]}}},
            "InvalidFunctionAssociation",
        ),
    ],
)
def test_configurations_that_cannot_be(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(CloudFrontError) as refused:
        parse_site(config(**changes))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": {"DomainName": "api.example.com"}},
        {"origin": {"DomainName": "site.s3-website.eu-west-1.amazonaws.com", "CustomOriginConfig": {"HTTPPort": 80}}},
        {"behaviour": {"LambdaFunctionAssociations": {"Items": [{"EventType": "origin-request"}]}}},
        {"behaviour": {"ResponseHeadersPolicyId": "67f7725c-6f97-4210-82d7-5512b31e9d03"}},
        {"behaviour": {"TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": ["k"]}}},
        {"WebACLId": "arn:aws:wafv2:us-east-1:1:global/webacl/a/b"},
        {"Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 1, "Items": ["DE"]}}},
        {"Staging": True},
        {"OriginGroups": {"Quantity": 1, "Items": [{"Id": "g"}]}},
    ],
)
def test_what_the_edge_does_not_do_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotEmulatedError):
        parse_site(config(**changes))
