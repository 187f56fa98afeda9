"""DynamoDB tables."""

from typing import TYPE_CHECKING

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import TableBlueprint

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_dynamodb.type_defs import AttributeDefinitionTypeDef, KeySchemaElementTypeDef


async def ensure_table(wire: Wire, blueprint: TableBlueprint, suffix: str = "") -> None:
    """A table that is paid a request, with its keys; an existing one is left as it is.

    Args:
        wire: The clients.
        blueprint: Its name and keys.
        suffix: What the twin's name has more.
    """
    name = blueprint.name + suffix
    schema: list[KeySchemaElementTypeDef] = [{"AttributeName": blueprint.hash_key, "KeyType": "HASH"}]
    if blueprint.range_key:
        schema.append({"AttributeName": blueprint.range_key, "KeyType": "RANGE"})
    attributes: list[AttributeDefinitionTypeDef] = [
        {"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in schema
    ]
    await created(
        wire,
        f"table {name}",
        lambda: wire.clients.tables.create_table(
            TableName=name, KeySchema=schema, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
        ),
        "ResourceInUseException",
    )
