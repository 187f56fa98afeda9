"""Building an image by layering: base by digest, dependency layers, source layer; then pushing it."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tidegate.build.assembly import Assembled, assemble, base_name
from tidegate.build.base import BaseImage, find_base, refuse_stand_in
from tidegate.build.dependency_store import DependencyStore
from tidegate.build.disk import clear_when_full
from tidegate.build.dockerfile import parse_dockerfile
from tidegate.build.ignore import read_ignore_rules
from tidegate.build.layer import Layer, write_layer
from tidegate.build.manifest import DOCKER_MANIFEST, EPOCH, Document, docker_manifest, encode
from tidegate.build.reference import Reference, parse_reference
from tidegate.build.registry import DIGEST_INVALID, RegistryClient
from tidegate.errors import BuildError, CloudError

REVISION = "org.opencontainers.image.revision"


@dataclass(frozen=True, slots=True)
class ImageRecipe:
    """What an image is built from and where it goes.

    Attributes:
        dockerfile: Path below the source.
        context: Folder below the source.
        repository: Repository in the registry.
        tag: The image's tag, for people.
        build_args: Values for the Dockerfile's ARGs.
    """

    dockerfile: str
    context: str
    repository: str
    tag: str
    build_args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image that is in its repository."""

    repository: str
    digest: str
    tag: str


def _silent(_line: str) -> None:
    """Takes lines that nobody reads."""


async def build_image(
    recipe: ImageRecipe,
    source: Path,
    commit: str,
    cache: Path,
    registry: RegistryClient,
    base: Callable[[str], str],
    log: Callable[[str], None] = _silent,
) -> BuiltImage:
    """Build and push an image. Equal sources at one commit give one digest, wherever and whenever they are built.

    Args:
        recipe: What to build.
        source: The checked-out tree of the commit.
        commit: The commit, for the image's label.
        cache: Folder for layers; may be deleted at any time.
        registry: Where to push.
        base: Maps what FROM names to where it is pulled from.
        log: Takes progress and the output of the installer.

    Raises:
        NotExpressible: The Dockerfile needs the docker builder; file and line are in it.
        BuildError: Anything else that keeps the image from being built.
        CloudError: A registry refuses or does not answer.
    """
    # Children run in folders of their own: from here on, paths do not depend on ours.
    source, cache = source.resolve(), cache.resolve()
    dockerfile = _below(source, recipe.dockerfile)
    context = _below(source, recipe.context)
    instructions = parse_dockerfile(_text(dockerfile, recipe.dockerfile), recipe.dockerfile)
    reference = parse_reference(base(base_name(instructions, recipe.build_args, recipe.dockerfile)))
    async with AsyncExitStack() as stack:
        origin = registry
        if reference.host != registry.host:
            origin = await stack.enter_async_context(RegistryClient(reference.url))
        ground = await find_base(origin, reference)
        refuse_stand_in(ground, registry.host)
        assembled = assemble(
            instructions,
            base=ground,
            build_args=recipe.build_args,
            context=context,
            rules=read_ignore_rules(context, dockerfile),
            name=recipe.dockerfile,
        )
        (cache / "layers").mkdir(parents=True, exist_ok=True)
        push = _Push(registry, recipe.repository, cache / "layers", log)
        layers = await push.layers(assembled, ground, origin)
        config = encode(_config(ground, assembled, layers, commit))
        config_digest = await registry.put_small(recipe.repository, config)
    manifest = docker_manifest(config_digest, len(config), [(layer.digest, layer.size) for layer in layers])
    digest = await registry.put_manifest(recipe.repository, recipe.tag, manifest, DOCKER_MANIFEST)
    return BuiltImage(recipe.repository, digest, recipe.tag)


@dataclass(frozen=True, slots=True)
class _Push:
    """Brings every layer of one image into its repository."""

    registry: RegistryClient
    repository: str
    cache: Path
    log: Callable[[str], None]

    async def layers(self, assembled: Assembled, base: BaseImage, origin: RegistryClient) -> tuple[Layer, ...]:
        """All layers, bottom first, in the repository when this returns."""
        store = DependencyStore(self.registry, self.repository, self.cache, self.log)
        try:
            async with asyncio.TaskGroup() as group:
                for layer in dict.fromkeys(base.layers):
                    group.create_task(self._base_layer(layer, base.reference, origin))
                dependencies = [group.create_task(store.obtain(one)) for one in assembled.dependencies]
                source = group.create_task(self._source_layer(assembled))
        except BaseExceptionGroup as failures:
            # The first failure has ended the others; it is what the reader needs.
            raise failures.exceptions[0] from None
        return (*base.layers, *(task.result() for task in dependencies), source.result())

    async def _source_layer(self, assembled: Assembled) -> Layer:
        # Not kept: a source layer is made anew in less time than it takes to look for it.
        with clear_when_full("the source layer"), tempfile.TemporaryDirectory(dir=self.cache) as scratch:
            layer = await asyncio.to_thread(write_layer, assembled.files, Path(scratch))
            assert layer.path is not None
            if not await self.registry.has_blob(self.repository, layer.digest):
                await self.registry.put_blob(self.repository, layer.digest, layer.path)
        return layer

    async def _base_layer(self, layer: Layer, reference: Reference, origin: RegistryClient) -> None:
        if await self.registry.has_blob(self.repository, layer.digest):
            return
        if origin is self.registry and await self.registry.mount_blob(
            self.repository, layer.digest, reference.repository
        ):
            return
        path = self.cache / f"{layer.digest.removeprefix('sha256:')}.base"
        if path.exists():
            try:
                await self.registry.put_blob(self.repository, layer.digest, path)
                return
            except CloudError as error:
                if error.code != DIGEST_INVALID:
                    raise
                self.log(f"the cached {path.name} is damaged; it is fetched anew")
        self.log(f"fetching a layer of {reference} ({layer.size / 1e6:.1f} MB)")
        await origin.download(reference.repository, layer.digest, path)
        await self.registry.put_blob(self.repository, layer.digest, path)


def _config(base: BaseImage, assembled: Assembled, layers: tuple[Layer, ...], commit: str) -> Document:
    """The image's configuration (OCI image specification, "Image Configuration")."""
    settings: Document = {
        key: value
        for key, value in base.settings.items()
        if key in {"ExposedPorts", "Healthcheck", "StopSignal", "User", "Volumes"}
    }
    settings["Env"] = [f"{key}={value}" for key, value in assembled.environment.items()]
    settings["Labels"] = {**assembled.labels, REVISION: commit}
    settings["WorkingDir"] = assembled.working_dir
    if assembled.cmd is not None:
        settings["Cmd"] = list(assembled.cmd)
    if assembled.entrypoint is not None:
        settings["Entrypoint"] = list(assembled.entrypoint)
    added = [f"dependencies: {', '.join(one.shown)}" for one in assembled.dependencies] + ["source"]
    history = [*(base.config.get("history") or []), *({"created": EPOCH, "created_by": text} for text in added)]
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": EPOCH,
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": history,
    }


def _below(source: Path, path: str) -> Path:
    found = source / path
    if not found.resolve().is_relative_to(source.resolve()):
        raise BuildError(f"{path} leads out of the source tree", where="tidegate.yaml")
    if not found.exists():
        raise BuildError(f"{path} does not exist in this commit", where="tidegate.yaml")
    return found


def _text(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"the Dockerfile cannot be read: {error}", where=shown) from error
