"""The functions port over AWS Lambda."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.cloud.aws.configuration import configuration_hash
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Answer
from tidegate.errors import CloudError, NotFound
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version

LATEST = "$LATEST"


class AwsFunctions:
    """AWS Lambda behind `ports.Functions`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def observe(self, name: str, aliases: Sequence[str]) -> FunctionSnapshot:
        """`$LATEST`, the named aliases that exist, and the versions that they point to; else `NotFound`.

        One round for `$LATEST` and all aliases, a second one for the versions behind them.
        """
        latest, pointers = await asyncio.gather(self.version(name, LATEST), self._aliases(name))
        found = {alias: pointers[alias] for alias in aliases if alias in pointers}
        numbers = sorted({number for pointer in found.values() for number in (pointer.version, *pointer.weights)})
        versions = await asyncio.gather(*(self.version(name, number) for number in numbers if number != LATEST))
        known = {version.version: version for version in versions}
        return FunctionSnapshot(name, latest, found, known | {LATEST: latest} if LATEST in numbers else known)

    async def version(self, name: str, qualifier: str) -> Version:
        """One version; `qualifier` is `$LATEST` or a number."""
        described = await self._wire.ask(
            f"function {name}:{qualifier}",
            lambda: self._wire.clients.functions.get_function_configuration(FunctionName=name, Qualifier=qualifier),
        )
        return _version(described)

    async def update_code(self, name: str, image_uri: str, revision: str) -> Version:
        """UpdateFunctionCode; returns `$LATEST` right after the update was accepted, not completed."""
        described = await self._wire.tell(
            f"function {name}",
            lambda: self._wire.clients.functions.update_function_code(
                FunctionName=name, ImageUri=image_uri, RevisionId=revision, Publish=False
            ),
        )
        return _version(described)

    async def publish(self, name: str, digest: str, revision: str, description: str) -> Version:
        """PublishVersion with CodeSha256 and RevisionId; `Moved` when `$LATEST` is not what both say."""
        described = await self._wire.tell(
            f"function {name}",
            lambda: self._wire.clients.functions.publish_version(
                FunctionName=name,
                CodeSha256=digest.removeprefix("sha256:"),
                RevisionId=revision,
                Description=description,
            ),
        )
        return _version(described)

    async def point(self, name: str, alias: Alias, version: str, description: str) -> Alias:
        """UpdateAlias with the revision of `alias`; removes weights. `Moved` when it is not the current one."""
        described = await self._wire.tell(
            f"function {name}:{alias.name}",
            lambda: self._wire.clients.functions.update_alias(
                FunctionName=name,
                Name=alias.name,
                FunctionVersion=version,
                Description=description,
                RoutingConfig={"AdditionalVersionWeights": {}},
                RevisionId=alias.revision,
            ),
        )
        return _alias(described)

    async def configured(self, name: str, qualifier: str) -> tuple[Version, Mapping[str, str]]:
        """A version and its environment variables, values and all, as one answer tells both."""
        described = await self._wire.ask(
            f"function {name}:{qualifier}",
            lambda: self._wire.clients.functions.get_function_configuration(FunctionName=name, Qualifier=qualifier),
        )
        return _version(described), dict((described.get("Environment") or {}).get("Variables") or {})

    async def set_variables(self, name: str, variables: Mapping[str, str], revision: str) -> Version:
        """UpdateFunctionConfiguration of all environment variables; returns `$LATEST` right after it was accepted."""
        described = await self._wire.tell(
            f"function {name}",
            lambda: self._wire.clients.functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": dict(variables)}, RevisionId=revision
            ),
        )
        return _version(described)

    async def published(self, name: str) -> Mapping[str, str]:
        """Version → description, of all published versions."""

        def call() -> dict[str, str]:
            page = self._wire.clients.functions.list_versions_by_function(FunctionName=name)
            found = page["Versions"]
            while marker := page.get("NextMarker"):
                page = self._wire.clients.functions.list_versions_by_function(FunctionName=name, Marker=marker)
                found += page["Versions"]
            return {one["Version"]: one.get("Description", "") for one in found if one["Version"] != LATEST}

        return await self._wire.ask(f"function {name}", call)

    async def discard(self, name: str, version: str) -> None:
        """DeleteFunction of one version, that no alias points to; one that is gone is no error."""
        with contextlib.suppress(NotFound):
            await self._wire.tell(
                f"function {name}:{version}",
                lambda: self._wire.clients.functions.delete_function(FunctionName=name, Qualifier=version),
            )

    async def invoke(self, name: str, qualifier: str, payload: object) -> Answer:
        """Invoke and wait for the answer. An invocation is never repeated: nobody knows what a handler has done."""
        where = f"function {name}:{qualifier}"
        body = json.dumps(payload).encode()

        def call() -> tuple[Mapping[str, Any], bytes]:
            answer = self._wire.invokes.functions.invoke(
                FunctionName=name, Qualifier=qualifier, Payload=body, LogType="Tail"
            )
            with answer["Payload"] as stream:
                return answer, stream.read()

        # What a handler does moves no pointer, and may take minutes: a cancellation does not wait for it.
        answer, content = await self._wire.tell(where, call, changes=False)
        return Answer(
            payload=_decoded(content, where),
            error=answer.get("FunctionError", ""),
            version=answer.get("ExecutedVersion", ""),
            log=base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"),
        )

    async def _aliases(self, name: str) -> dict[str, Alias]:
        def call() -> dict[str, Alias]:
            # By hand: botocore looks through the folders of all services, in each thread, to make its first paginator.
            page = self._wire.clients.functions.list_aliases(FunctionName=name)
            found = page["Aliases"]
            while marker := page.get("NextMarker"):
                page = self._wire.clients.functions.list_aliases(FunctionName=name, Marker=marker)
                found += page["Aliases"]
            return {described["Name"]: _alias(described) for described in found}

        return await self._wire.ask(f"function {name}", call)


def _version(described: Mapping[str, Any]) -> Version:
    published = described["Version"] != LATEST
    return Version(
        version=described["Version"],
        digest=f"sha256:{described['CodeSha256']}",
        configuration=configuration_hash(described),
        revision=described["RevisionId"],
        state=described.get("State", "Active"),
        update="" if published else described.get("LastUpdateStatus", ""),
        reason=described.get("LastUpdateStatusReason") or described.get("StateReason") or "",
    )


def _alias(described: Mapping[str, Any]) -> Alias:
    routing = described.get("RoutingConfig") or {}
    return Alias(
        name=described["Name"],
        version=described["FunctionVersion"],
        revision=described["RevisionId"],
        weights=dict(routing.get("AdditionalVersionWeights") or {}),
    )


def _decoded(content: bytes, where: str) -> object:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        raise CloudError("the answer of the invocation is not JSON", where=where) from error
