"""The function that answers the schema gate: an image of what Tidegate ships, told where the database is."""

from collections.abc import Mapping

from tidegate.cloud.aws.provision.function import ensure_function
from tidegate.cloud.aws.provision.handler_image import HandlerImage, push
from tidegate.cloud.aws.provision.log_group import ensure_log_group
from tidegate.cloud.aws.provision.repository import ensure_repository
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import FunctionBlueprint, IntrospectionBlueprint
from tidegate.cloud.ports import RegistryAccess

REPOSITORY = "tidegate-introspection"
TIMEOUT_SECONDS = 30


async def push_introspection(wire: Wire, access: RegistryAccess, source: str) -> str:
    """Push the image, unless it is there; returns its URI by digest.

    Raises:
        CloudError: When the registry refuses it; `Unreachable` without an answer.
    """
    await ensure_repository(wire, REPOSITORY)
    image = HandlerImage(source)
    return await push(access, REPOSITORY, image, image.digest.removeprefix("sha256:")[:12])


async def ensure_introspection(
    wire: Wire, blueprint: IntrospectionBlueprint, image_uri: str, variables: Mapping[str, str], role: str
) -> None:
    """A function without aliases: it is no part of a release, and the schema gate asks `$LATEST`.

    Raises:
        CloudError: When the cloud refuses.
    """
    function = FunctionBlueprint(
        blueprint.name, REPOSITORY, "main.handler", variables, timeout_seconds=TIMEOUT_SECONDS, memory_mb=256
    )
    await ensure_function(wire, function, image_uri, role, aliases=())
    await ensure_log_group(wire, blueprint.name)
