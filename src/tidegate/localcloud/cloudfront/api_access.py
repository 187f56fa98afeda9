"""Operations on origin access controls, managed cache policies and tags, in API shapes."""

from tidegate.localcloud.cloudfront.access_controls import AccessControl
from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.operation import API, Operation, Params, Result, page
from tidegate.localcloud.cloudfront.policies import MANAGED, ManagedPolicy
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.state import CloudFrontState

MANAGED_ETAG = "E23ZP02F085DFQ"


def _control(found: AccessControl) -> Result:
    shape = {"Id": found.id, "OriginAccessControlConfig": found.config}
    return {"OriginAccessControl": shape, "ETag": found.etag}


def _create_control(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    made = state.access_controls.create(params["OriginAccessControlConfig"], stamp)
    return _control(made) | {"Location": f"/{API}/origin-access-control/{made.id}"}


def _get_control(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    return _control(state.access_controls.get(params["Id"]))


def _get_control_config(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    found = state.access_controls.get(params["Id"])
    return {"OriginAccessControlConfig": found.config, "ETag": found.etag}


def _list_controls(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    found = [(one.id, {"Id": one.id, "Description": "", **one.config}) for one in state.access_controls.listed()]
    return {"OriginAccessControlList": page(found, params)}


def _delete_control(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    state.access_controls.delete(params["Id"], params.get("IfMatch"))
    return {}


def _policy(policy_id: str) -> ManagedPolicy:
    if policy_id not in MANAGED:
        raise CloudFrontError("NoSuchCachePolicy", "The cache policy does not exist.")
    return MANAGED[policy_id]


def _get_policy(_: CloudFrontState, params: Params, __: Stamp) -> Result:
    return {"CachePolicy": _policy(params["Id"]).described(), "ETag": MANAGED_ETAG}


def _list_policies(_: CloudFrontState, params: Params, __: Stamp) -> Result:
    offered = [] if params.get("Type") == "custom" else list(MANAGED.values())
    shown = page([(one.id, {"Type": "managed", "CachePolicy": one.described()}) for one in offered], params)
    return {"CachePolicyList": {name: shown.get(name) for name in ("NextMarker", "MaxItems", "Quantity", "Items")}}


def _tag(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    tags = {item["Key"]: item.get("Value") or "" for item in params["Tags"].get("Items") or []}
    state.distributions.tag(params["Resource"], tags)
    return {}


def _untag(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    state.distributions.tag(params["Resource"], dict.fromkeys(params["TagKeys"].get("Items") or []))
    return {}


def _list_tags(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    tags = state.distributions.by_arn(params["Resource"]).tags
    return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]}}


OPERATIONS: dict[str, Operation] = {
    "CreateOriginAccessControl": _create_control,
    "GetOriginAccessControl": _get_control,
    "GetOriginAccessControlConfig": _get_control_config,
    "ListOriginAccessControls": _list_controls,
    "DeleteOriginAccessControl": _delete_control,
    "GetCachePolicy": _get_policy,
    "ListCachePolicies": _list_policies,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
}
