"""Operations on KeyValueStores: the resource (control plane) and its pairs (data plane), in API shapes."""

from typing import Any

from tidegate.localcloud.cloudfront.errors import CloudFrontError, NotEmulatedError
from tidegate.localcloud.cloudfront.operation import API, Operation, Params, Result, page
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.state import CloudFrontState
from tidegate.localcloud.cloudfront.stores import Store


def _shape(store: Store) -> Result:
    return {
        "Name": store.name,
        "Id": store.id,
        "Comment": store.comment,
        "ARN": store.arn,
        "Status": "READY",
        "LastModifiedTime": store.modified,
    }


def _create(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    if params.get("ImportSource"):
        raise NotEmulatedError("importing a key value store from S3")
    made = state.stores.create(params["Name"], params.get("Comment") or "", stamp)
    return {"KeyValueStore": _shape(made), "ETag": made.etag, "Location": f"/{API}/key-value-store/{made.name}"}


def _describe(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    found = state.stores.get(params["Name"])
    return {"KeyValueStore": _shape(found), "ETag": found.etag}


def _update(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    changed = state.stores.update(params["Name"], params["Comment"], params.get("IfMatch"), stamp)
    return {"KeyValueStore": _shape(changed), "ETag": changed.etag}


def _delete(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    state.delete_store(params["Name"], params.get("IfMatch"))
    return {}


def _list(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    shown = page([(one.name, _shape(one)) for one in state.stores.listed()], params)
    return {"KeyValueStoreList": {name: shown.get(name) for name in ("NextMarker", "MaxItems", "Quantity", "Items")}}


OPERATIONS: dict[str, Operation] = {
    "CreateKeyValueStore": _create,
    "DescribeKeyValueStore": _describe,
    "UpdateKeyValueStore": _update,
    "DeleteKeyValueStore": _delete,
    "ListKeyValueStores": _list,
}


def _size(store: Store) -> Result:
    return {"ItemCount": len(store.pairs), "TotalSizeInBytes": store.size}


def _describe_pairs(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    store = state.stores.by_arn(params["KvsARN"])
    times = {"Created": store.created, "LastModified": store.pairs_modified}
    return _size(store) | times | {"KvsARN": store.arn, "Status": "READY", "ETag": store.pairs_etag}


def _get_key(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    value = state.stores.value(params["KvsARN"], params["Key"])
    return {"Key": params["Key"], "Value": value} | _size(state.stores.by_arn(params["KvsARN"]))


def _list_keys(state: CloudFrontState, params: Params, _: Stamp) -> Result:
    pairs = state.stores.by_arn(params["KvsARN"]).pairs
    limit = int(params.get("MaxResults") or 10)
    if not 1 <= limit <= 50:
        raise CloudFrontError("ValidationException", "MaxResults is from 1 to 50")
    names = sorted(name for name in pairs if name > (params.get("NextToken") or ""))
    shown: dict[str, Any] = {"Items": [{"Key": name, "Value": pairs[name]} for name in names[:limit]]}
    return shown | ({"NextToken": names[limit - 1]} if len(names) > limit else {})


def _put_key(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    return _change(state, params, {params["Key"]: params["Value"]}, [], stamp)


def _delete_key(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    return _change(state, params, {}, [params["Key"]], stamp)


def _update_keys(state: CloudFrontState, params: Params, stamp: Stamp) -> Result:
    puts, deletes = params.get("Puts") or [], params.get("Deletes") or []
    if not puts and not deletes:
        raise CloudFrontError("ValidationException", "Nothing to put and nothing to delete")
    put = {item["Key"]: item["Value"] for item in puts}
    return _change(state, params, put, [item["Key"] for item in deletes], stamp)


def _change(state: CloudFrontState, params: Params, puts: dict[str, str], deletes: list[str], stamp: Stamp) -> Result:
    store = state.stores.change(params["KvsARN"], puts, deletes, params.get("IfMatch"), stamp)
    return _size(store) | {"ETag": store.pairs_etag}


DATA_OPERATIONS: dict[str, Operation] = {
    "DescribeKeyValueStore": _describe_pairs,
    "GetKey": _get_key,
    "ListKeys": _list_keys,
    "PutKey": _put_key,
    "DeleteKey": _delete_key,
    "UpdateKeys": _update_keys,
}
