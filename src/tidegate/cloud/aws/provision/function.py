"""Lambda functions on a placeholder, with their aliases."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tidegate.cloud.aws.provision.ensure import created, together
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import FunctionBlueprint

ALIASES = ("live", "candidate")
SETTLE_SECONDS = 300.0
TRACING: Literal["Active"] = "Active"


async def ensure_function(
    wire: Wire, blueprint: FunctionBlueprint, image_uri: str, role: str, aliases: Sequence[str] = ALIASES
) -> None:
    """A function, its aliases, and the configuration that the next version will freeze.

    The placeholder is published before the handler is set: its image has a handler of its own.

    Args:
        wire: The clients.
        blueprint: What it is to be.
        image_uri: The placeholder.
        role: ARN of its execution role; the embedded cloud asks for one and does not use it.
        aliases: All that it gets; none for a function that is no part of a release.
    """
    name = blueprint.name
    new = await created(
        wire,
        f"function {name}",
        lambda: wire.clients.functions.create_function(
            FunctionName=name, PackageType="Image", Code={"ImageUri": image_uri}, Role=role
        ),
        "ResourceConflictException",
    )
    await _settled(wire, name)
    missing = aliases if new else await _missing_aliases(wire, name, aliases)
    if missing:
        placeholder = await _placeholder(wire, name)
        await together(*(_alias(wire, name, alias, placeholder) for alias in missing))
    await _configure(wire, blueprint)


async def _settled(wire: Wire, name: str) -> None:
    def state() -> str:
        described = wire.clients.functions.get_function_configuration(FunctionName=name)
        return f"{described.get('State')}, {described.get('LastUpdateStatus')}"

    await wire.until(f"function {name}", state, "Active, Successful", SETTLE_SECONDS)


async def _missing_aliases(wire: Wire, name: str, aliases: Sequence[str]) -> tuple[str, ...]:
    listed = await wire.ask(
        f"function {name}", lambda: wire.clients.functions.list_aliases(FunctionName=name)["Aliases"]
    )
    there = {alias["Name"] for alias in listed}
    return tuple(alias for alias in aliases if alias not in there)


async def _placeholder(wire: Wire, name: str) -> str:
    """The first version: published now, or found when an earlier run ended right after it."""
    where = f"function {name}"
    listed = await wire.ask(where, lambda: wire.clients.functions.list_versions_by_function(FunctionName=name))
    if published := [version["Version"] for version in listed["Versions"] if version["Version"] != "$LATEST"]:
        return published[0]
    version = await wire.ask(
        where,
        lambda: wire.clients.functions.publish_version(FunctionName=name, Description="placeholder")["Version"],
    )

    def state() -> str:
        return wire.clients.functions.get_function_configuration(FunctionName=name, Qualifier=version).get("State", "")

    await wire.until(f"{where}:{version}", state, "Active", SETTLE_SECONDS)
    return version


async def _alias(wire: Wire, name: str, alias: str, version: str) -> None:
    await created(
        wire,
        f"function {name}:{alias}",
        lambda: wire.clients.functions.create_alias(FunctionName=name, Name=alias, FunctionVersion=version),
        "ResourceConflictException",
    )


async def _configure(wire: Wire, blueprint: FunctionBlueprint) -> None:
    name = blueprint.name
    where = f"function {name}"
    current = await wire.ask(where, lambda: wire.clients.functions.get_function_configuration(FunctionName=name))
    if _is_configured(current, blueprint):
        return
    await wire.ask(
        where,
        lambda: wire.clients.functions.update_function_configuration(
            FunctionName=name,
            Timeout=blueprint.timeout_seconds,
            MemorySize=blueprint.memory_mb,
            Environment={"Variables": dict(blueprint.environment)},
            ImageConfig={"Command": [blueprint.handler]},
            TracingConfig={"Mode": TRACING},
        ),
    )
    await _settled(wire, name)


def _is_configured(current: Mapping[str, Any], blueprint: FunctionBlueprint) -> bool:
    image = (current.get("ImageConfigResponse") or {}).get("ImageConfig") or {}
    return (
        current["Timeout"] == blueprint.timeout_seconds
        and current["MemorySize"] == blueprint.memory_mb
        and (current.get("Environment") or {}).get("Variables", {}) == dict(blueprint.environment)
        and image.get("Command") == [blueprint.handler]
        and (current.get("TracingConfig") or {}).get("Mode") == TRACING
    )
