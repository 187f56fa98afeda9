"""Operations on CloudFront Functions, in API shapes."""

from tidegate.localcloud.cloudfront.errors import CloudFrontError, check_if_match
from tidegate.localcloud.cloudfront.functions import Function, Stage, Staged
from tidegate.localcloud.cloudfront.operation import API, Operation, Params, Result, page
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.state import CloudFrontState
from tidegate.localcloud.cloudfront.trial import try_function


def _summary(state: CloudFrontState, function: Function, staged: Staged, stage: Stage) -> Result:
    status = "UNPUBLISHED"
    if function.live is not None:
        status = "DEPLOYED" if state.is_associated(function.arn) else "UNASSOCIATED"
    metadata = {
        "FunctionARN": function.arn,
        "Stage": stage.value,
        "CreatedTime": staged.created,
        "LastModifiedTime": staged.modified,
    }
    return {"Name": function.name, "Status": status, "FunctionConfig": staged.config, "FunctionMetadata": metadata}


def _described(state: CloudFrontState, function: Function, stage: Stage) -> Result:
    staged = state.functions.staged(function.name, stage)
    return {"FunctionSummary": _summary(state, function, staged, stage), "ETag": staged.etag}


def _stage(params: Params) -> Stage:
    given = params.get("Stage") or Stage.DEVELOPMENT.value
    try:
        return Stage(given)
    except ValueError as error:
        raise CloudFrontError("InvalidArgument", f"{given!r} is not a stage.") from error


def _create(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    made = state.create_function(params["Name"], params["FunctionConfig"], params["FunctionCode"], stamp)
    return _described(state, made, Stage.DEVELOPMENT) | {"Location": f"/{API}/function/{made.name}"}


def _update(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    config, code = params["FunctionConfig"], params["FunctionCode"]
    changed = state.update_function(params["Name"], config, code, params.get("IfMatch"), stamp)
    return _described(state, changed, Stage.DEVELOPMENT)


def _describe(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    return _described(state, state.functions.get(params["Name"]), _stage(params))


def _get(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    staged = state.functions.staged(params["Name"], _stage(params))
    return {"FunctionCode": staged.code, "ETag": staged.etag, "ContentType": "application/octet-stream"}


def _publish(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    published = state.functions.publish(params["Name"], params.get("IfMatch"), stamp)
    return {"FunctionSummary": _described(state, published, Stage.LIVE)["FunctionSummary"]}


def _delete(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    state.delete_function(params["Name"], params.get("IfMatch"))
    return {}


def _list(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    wanted = (_stage(params),) if params.get("Stage") else tuple(Stage)
    found = []
    for function in state.functions.listed():
        for stage in wanted:
            staged = function.live if stage is Stage.LIVE else function.development
            if staged is not None:
                found.append((f"{function.name}/{stage.value}", _summary(state, function, staged, stage)))
    shown = page(found, params)
    return {"FunctionList": {name: shown.get(name) for name in ("NextMarker", "MaxItems", "Quantity", "Items")}}


def _test(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    function, stage = state.functions.get(params["Name"]), _stage(params)
    staged = state.functions.staged(function.name, stage)
    check_if_match(params.get("IfMatch"), staged.etag, staged.past_etags)
    pairs = {} if staged.store_arn is None else state.stores.seen_by_edges(staged.store_arn, stamp.now).pairs
    trial = try_function(staged, params["EventObject"], pairs)
    shape = {
        "FunctionSummary": _summary(state, function, staged, stage),
        "ComputeUtilization": str(trial.utilization),
        "FunctionExecutionLogs": list(trial.logs),
        "FunctionErrorMessage": trial.error,
        "FunctionOutput": trial.output,
    }
    return {"TestResult": shape}


OPERATIONS: dict[str, Operation] = {
    "CreateFunction": _create,
    "UpdateFunction": _update,
    "DescribeFunction": _describe,
    "GetFunction": _get,
    "PublishFunction": _publish,
    "DeleteFunction": _delete,
    "ListFunctions": _list,
    "TestFunction": _test,
}
