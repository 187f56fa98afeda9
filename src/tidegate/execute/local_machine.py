"""The machine that Tidegate runs on: commands under a keeper, builds, files below its home."""

import asyncio
import os
import re
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from tidegate.build.bundle import BundleRecipe, build_bundle
from tidegate.build.docker import DockerBuilder
from tidegate.build.image import ImageRecipe, build_image
from tidegate.build.registry import RegistryClient
from tidegate.build.tag import image_tag
from tidegate.errors import BuildError
from tidegate.execute.bundle import keep_bundle, read_bundle
from tidegate.execute.home import Home
from tidegate.execute.machine import Command, ImageOrder, Log, Shard
from tidegate.execute.python_environment import python_environment
from tidegate.execute.shared_bundles import SharedBundles
from tidegate.gates.command import TestReport, read_report
from tidegate.model.pipeline import Builder, ImageSpec, SiteSpec
from tidegate.model.release import Artifact
from tidegate.process import Ended, run
from tidegate.targets.site import SiteBundle
from tidegate.targets.site_pointer import prefix_of
from tidegate.targets.together import together

LAMBDA_BASES = "public.ecr.aws/"
"""Where AWS publishes the Lambda base images; the embedded cloud's registry holds stand-ins for them."""


_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)


class LocalMachine:
    """Implements `machine.Machine`.

    Args:
        home: Where files are kept.
        echo: What each line of a job's log is told besides; None for nobody.
        shared: Where bundles are kept for other machines too; None where there are none.
    """

    def __init__(self, home: Home, echo: Log | None = None, shared: SharedBundles | None = None) -> None:
        self._home = home
        self._echo = echo
        self._shared = shared

    def log(self, run: str, job: str) -> Log:
        """See `Machine.log`; the file is below the home."""
        path = self._home.log(run, job)
        path.parent.mkdir(parents=True, exist_ok=True)

        def write(line: str) -> None:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")
            if self._echo is not None:
                self._echo(line)

        return write

    async def python(self, source: Path, requirements: Sequence[str], log: Log) -> Mapping[str, str]:
        """See `Machine.python`."""
        return await python_environment(source, requirements, self._home.cache, log)

    async def command(self, command: Command, log: Log) -> Ended:
        """See `Machine.command`."""
        shell = ["sh", "-e", "-c", command.text]
        return await run(shell, cwd=command.source, env=command.env, log=log, timeout=command.timeout_seconds)

    async def tests(self, command: Command, shard: Shard, log: Log) -> tuple[Ended, TestReport | None]:
        """See `Machine.tests`; the command is told about its shard in variables named `E2E_…`."""
        reports = self._home.reports(shard.run, shard.job) / shard.folder
        reports.mkdir(parents=True, exist_ok=True)
        xml = reports / f"shard-{shard.number}.xml"
        xml.unlink(missing_ok=True)
        options = f"{command.env.get('PYTEST_ADDOPTS', '')} -p no:cacheprovider {junit_option(xml)}"
        env = {
            **command.env,
            "E2E_BASE_URL": shard.url,
            "E2E_SHARD_INDEX": str(shard.number),
            "E2E_SHARD_TOTAL": str(shard.total),
            "E2E_ARTIFACTS": str(reports.resolve()),
            "PYTEST_ADDOPTS": options.strip(),
        }
        ended = await self.command(replace(command, env=env), log)
        return ended, report_at(xml)

    async def images(self, order: ImageOrder, log: Log) -> list[Artifact]:
        """See `Machine.images`."""
        access = order.access
        async with RegistryClient(access.url, access.username, access.password) as registry:
            return await together(self._image(order, spec, registry, log) for spec in order.specs)

    async def site(self, spec: SiteSpec, source: Path, commit: str, log: Log) -> Artifact:
        """See `Machine.site`."""
        recipe = BundleRecipe(spec.path, spec.install, spec.build, spec.output, spec.lock)
        bundle = await build_bundle(recipe, source, self._home.cache, log)
        await asyncio.to_thread(keep_bundle, self._home.bundles, bundle)
        if self._shared is not None and (kept := read_bundle(self._home.bundles, bundle.digest)):
            await asyncio.to_thread(self._shared.keep, kept)
        return Artifact("site", bundle.digest, commit, prefix_of(bundle.digest))

    def bundle(self, digest: str) -> SiteBundle | None:
        """See `Machine.bundle`; one that another machine built is fetched once."""
        kept = read_bundle(self._home.bundles, digest)
        if kept is None and self._shared is not None and self._shared.fetch(digest, self._home.bundles):
            kept = read_bundle(self._home.bundles, digest)
        return kept

    def page(self, digest: str) -> bytes | None:
        """See `Machine.page`."""
        bundle = self.bundle(digest)
        page = next((file for file in bundle.files if file.path == "index.html"), None) if bundle else None
        return page.source.read_bytes() if page else None

    async def _image(self, order: ImageOrder, spec: ImageSpec, registry: RegistryClient, log: Log) -> Artifact:
        began = time.time()
        commit, access = order.commit, order.access
        recipe = ImageRecipe(
            dockerfile=spec.dockerfile,
            context=spec.context,
            repository=spec.repository,
            tag=image_tag(commit, began),
            build_args={"GIT_COMMIT": commit},
        )

        def base(image: str) -> str:
            if order.embedded and image.startswith(LAMBDA_BASES):
                return f"{access.host}/{image.removeprefix(LAMBDA_BASES)}"
            return image

        match spec.builder:
            case Builder.LAYERS:
                built = await build_image(recipe, order.source, commit, self._home.cache, registry, base, log)
            case Builder.DOCKER:
                docker = DockerBuilder(registry, access.username, access.password, os.environ, log)
                bases = {image: base(image) for image in base_names(order.source / spec.dockerfile)}
                differing = {image: place for image, place in bases.items() if image != place}
                built = await docker.build(recipe, order.source, commit, differing)
            case _:
                assert_never(spec.builder)
        log(f"{spec.name}: {built.repository}@{built.digest} ({time.time() - began:.2f} s)")
        return Artifact(spec.name, built.digest, commit, built.repository, built.tag)


def base_names(dockerfile: Path) -> tuple[str, ...]:
    """The images that a Dockerfile's FROM lines name.

    Raises:
        BuildError: When there is no such file.
    """
    try:
        text = dockerfile.read_text(encoding="utf-8")
    except OSError as missing:
        raise BuildError(f"{dockerfile.name} cannot be read", where=str(dockerfile)) from missing
    return tuple(_FROM.findall(text))


def junit_option(path: Path) -> str:
    """The addition to PYTEST_ADDOPTS that makes pytest write a JUnit report."""
    return f"--junitxml={shlex.quote(str(path.resolve()))}"


def report_at(path: Path) -> TestReport | None:
    """The JUnit report at a path; None when there is none that can be read."""
    try:
        return read_report(path.read_bytes())
    except (OSError, ValueError):
        return None
