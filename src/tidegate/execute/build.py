"""Jobs `build` and `build-frontend`: artifacts by digest, built once and promoted through all environments."""

import asyncio
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import assert_never

from tidegate.build.bundle import Bundle, BundleRecipe, build_bundle
from tidegate.build.docker import DockerBuilder
from tidegate.build.image import ImageRecipe, build_image
from tidegate.build.registry import RegistryClient
from tidegate.build.tag import image_tag
from tidegate.cloud.ports import RegistryAccess
from tidegate.errors import BuildError
from tidegate.execute.bundle import keep_bundle
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase
from tidegate.model.pipeline import Builder
from tidegate.model.release import Artifact
from tidegate.targets.site_pointer import prefix_of
from tidegate.targets.together import together

LAMBDA_BASES = "public.ecr.aws/"
"""Where AWS publishes the Lambda base images; the embedded cloud's registry holds stand-ins for them."""


_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)


class ArtifactBuilder:
    """Builds the artifacts of one run: ahead of their jobs' turn, which then only report."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._images: dict[str, Artifact] = {}
        self._site: Artifact | None = None

    async def build_images(self, job: Job) -> None:
        """Build and push all images of the plan, side by side."""
        shop = self._shop
        access = await shop.cloud.images.access()
        async with RegistryClient(access.url, access.username, access.password) as registry:
            built = await together(self._image(job, name, registry, access) for name in shop.plan.images)
        self._images = {artifact.name: artifact for artifact in built}

    def images_report(self) -> JobReport:
        """The built images as the job's outcome."""
        detail = ", ".join(f"{name} {artifact.digest[:19]}" for name, artifact in self._images.items())
        return JobReport(Phase.SUCCEEDED, detail, {name: asdict(one) for name, one in self._images.items()})

    async def build_site(self, job: Job) -> None:
        """Build the site bundle and keep it by digest."""
        shop = self._shop
        spec = shop.pipeline.site
        assert spec
        recipe = BundleRecipe(spec.path, spec.install, spec.build, spec.output, spec.lock)
        bundle: Bundle = await build_bundle(recipe, shop.source, shop.home.cache, shop.log(job.name))
        await asyncio.to_thread(keep_bundle, shop.home.bundles, bundle)
        self._site = Artifact("site", bundle.digest, shop.plan.commit, prefix_of(bundle.digest))

    def site_report(self) -> JobReport:
        """The built site as the job's outcome."""
        assert self._site
        return JobReport(Phase.SUCCEEDED, f"site {self._site.digest[:19]}", {"site": asdict(self._site)})

    async def _image(self, job: Job, name: str, registry: RegistryClient, access: RegistryAccess) -> Artifact:
        shop = self._shop
        spec = shop.pipeline.images[name]
        commit = shop.plan.commit
        log = shop.log(job.name)
        recipe = ImageRecipe(
            dockerfile=spec.dockerfile,
            context=spec.context,
            repository=spec.repository,
            tag=image_tag(commit, shop.clock()),
            build_args={"GIT_COMMIT": commit},
        )

        def base(image: str) -> str:
            if shop.cloud.endpoint and image.startswith(LAMBDA_BASES):
                return f"{access.host}/{image.removeprefix(LAMBDA_BASES)}"
            return image

        began = shop.clock()
        match spec.builder:
            case Builder.LAYERS:
                built = await build_image(recipe, shop.source, commit, shop.home.cache, registry, base, log)
            case Builder.DOCKER:
                docker = DockerBuilder(registry, access.username, access.password, os.environ, log)
                bases = {image: base(image) for image in base_names(shop.source / spec.dockerfile)}
                differing = {image: place for image, place in bases.items() if image != place}
                built = await docker.build(recipe, shop.source, commit, differing)
            case _:
                assert_never(spec.builder)
        log(f"{name}: {built.repository}@{built.digest} ({shop.clock() - began:.2f} s)")
        return Artifact(name, built.digest, commit, built.repository, built.tag)


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
