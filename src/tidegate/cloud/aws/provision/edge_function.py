"""The viewer-request function of a distribution, with a KeyValueStore of its own."""

from typing import TYPE_CHECKING

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire
from tidegate.errors import NotFound

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_cloudfront.type_defs import FunctionConfigTypeDef

READY_SECONDS = 120.0


async def ensure_edge_function(wire: Wire, name: str, code: str) -> str:
    """A published CloudFront function over a KeyValueStore of the same name; returns the function's ARN.

    Each distribution has its own pair: a store's ETag covers the whole store, so two pointers in one would make
    every write to one of them move the other.
    """
    store = await _store(wire, name)
    where = f"CloudFront function {name}"

    def publish() -> str:
        edges = wire.clients.edges
        config: FunctionConfigTypeDef = {
            "Comment": "Tidegate: which release a distribution serves",
            "Runtime": "cloudfront-js-2.0",
            "KeyValueStoreAssociations": {"Quantity": 1, "Items": [{"KeyValueStoreARN": store}]},
        }
        body = code.encode()
        try:
            described = edges.describe_function(Name=name, Stage="DEVELOPMENT")
        except edges.exceptions.NoSuchFunctionExists:
            etag = edges.create_function(Name=name, FunctionConfig=config, FunctionCode=body)["ETag"]
        else:
            etag = described["ETag"]
            with edges.get_function(Name=name, Stage="DEVELOPMENT")["FunctionCode"] as current:
                if current.read() != body:
                    etag = edges.update_function(
                        Name=name,
                        IfMatch=etag,
                        FunctionConfig=config,
                        FunctionCode=body,
                    )["ETag"]
        return edges.publish_function(Name=name, IfMatch=etag)["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]

    return await wire.ask(where, publish)


async def _store(wire: Wire, name: str) -> str:
    where = f"KeyValueStore {name}"
    edges = wire.clients

    def describe() -> tuple[str, str]:
        store = edges.edges.describe_key_value_store(Name=name)["KeyValueStore"]
        return store["ARN"], store.get("Status", "")

    try:
        arn, status = await wire.ask(where, describe)
    except NotFound:
        await created(wire, where, lambda: edges.edges.create_key_value_store(Name=name), "EntityAlreadyExists")
        arn, status = await wire.ask(where, describe)
    if status != "READY":
        await wire.until(where, lambda: describe()[1], "READY", READY_SECONDS)
    return arn
