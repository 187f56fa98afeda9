"""Operations on distributions and invalidations, in API shapes."""

from tidegate.localcloud.cloudfront.distributions import Distribution
from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.invalidations import Invalidation
from tidegate.localcloud.cloudfront.operation import API, Operation, Params, Result, page
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.state import CloudFrontState


def distribution_result(found: Distribution, now: float, *, created: bool = False) -> Result:
    """Distribution with ETag, as GetDistribution, UpdateDistribution and CreateDistribution answer it."""
    shape = {
        "Id": found.id,
        "ARN": found.arn,
        "Status": found.status(now),
        "LastModifiedTime": found.modified,
        "InProgressInvalidationBatches": sum(one.completes_at > now for one in found.invalidations),
        "DomainName": found.domain,
        "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
        "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "DistributionConfig": found.config,
    }
    location = {"Location": f"/{API}/distribution/{found.id}"} if created else {}
    return {"Distribution": shape, "ETag": found.etag} | location


def _get_distribution(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    return distribution_result(state.distributions.get(params["Id"]), stamp.now)


def _get_distribution_config(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    found = state.distributions.get(params["Id"])
    return {"DistributionConfig": found.config, "ETag": found.etag}


def _update_distribution(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    changed = state.update_distribution(params["Id"], params["DistributionConfig"], params.get("IfMatch"), stamp)
    return distribution_result(changed, stamp.now)


def _delete_distribution(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    state.distributions.delete(params["Id"], params.get("IfMatch"), stamp.now)
    return {}


def _list_distributions(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    found = [(one.id, _distribution_summary(one, stamp.now)) for one in state.distributions.listed()]
    return {"DistributionList": page(found, params)}


def _distribution_summary(found: Distribution, now: float) -> Result:
    left_out = {"CallerReference", "DefaultRootObject", "Logging", "ContinuousDeploymentPolicyId"}
    own = {
        "Id": found.id,
        "ARN": found.arn,
        "ETag": found.etag,
        "Status": found.status(now),
        "LastModifiedTime": found.modified,
        "DomainName": found.domain,
    }
    return own | {name: value for name, value in found.config.items() if name not in left_out}


def _create_invalidation(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    batch, distribution_id = params["InvalidationBatch"], params["DistributionId"]
    paths = tuple(batch["Paths"].get("Items") or ())
    if not paths:
        raise CloudFrontError("InvalidArgument", "An invalidation names at least one path.")
    made = state.distributions.invalidate(distribution_id, batch["CallerReference"], paths, stamp)
    location = f"/{API}/distribution/{distribution_id}/invalidation/{made.id}"
    return {"Invalidation": _invalidation_shape(made, stamp.now), "Location": location}


def _get_invalidation(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    found = state.distributions.invalidation(params["DistributionId"], params["Id"])
    return {"Invalidation": _invalidation_shape(found, stamp.now)}


def _list_invalidations(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    newest_first = reversed(state.distributions.get(params["DistributionId"]).invalidations)
    found = [
        (one.id, {"Id": one.id, "CreateTime": one.created, "Status": one.status(stamp.now)}) for one in newest_first
    ]
    return {"InvalidationList": page(found, params)}


def _invalidation_shape(found: Invalidation, now: float) -> Result:
    paths = {"Quantity": len(found.paths), "Items": list(found.paths)}
    batch = {"Paths": paths, "CallerReference": found.caller_reference}
    return {"Id": found.id, "Status": found.status(now), "CreateTime": found.created, "InvalidationBatch": batch}


OPERATIONS: dict[str, Operation] = {
    "GetDistribution": _get_distribution,
    "GetDistributionConfig": _get_distribution_config,
    "UpdateDistribution": _update_distribution,
    "DeleteDistribution": _delete_distribution,
    "ListDistributions": _list_distributions,
    "CreateInvalidation": _create_invalidation,
    "GetInvalidation": _get_invalidation,
    "ListInvalidations": _list_invalidations,
}
