"""Jobs `build` and `build-frontend`: artifacts by digest, built once and promoted through all environments."""

from dataclasses import asdict

from tidegate.execute.machine import ImageOrder
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase
from tidegate.model.release import Artifact


class ArtifactBuilder:
    """Builds the artifacts of one run: ahead of their jobs' turn, which then only report."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._images: dict[str, Artifact] = {}
        self._site: Artifact | None = None

    async def build_images(self, job: Job) -> None:
        """Build and push all images of the plan, side by side."""
        shop = self._shop
        order = ImageOrder(
            specs=[shop.pipeline.images[name] for name in shop.plan.images],
            source=shop.source,
            commit=shop.plan.commit,
            access=await shop.cloud.images.access(),
            embedded=bool(shop.cloud.endpoint),
        )
        built = await shop.machine.images(order, shop.log(job.name))
        self._images = {artifact.name: artifact for artifact in built}

    def images_report(self) -> JobReport:
        """The built images as the job's outcome."""
        detail = ", ".join(f"{name} {artifact.digest[:19]}" for name, artifact in self._images.items())
        return JobReport(Phase.SUCCEEDED, detail, {name: asdict(one) for name, one in self._images.items()})

    async def build_site(self, job: Job) -> None:
        """Build the site bundle and keep it by digest."""
        shop = self._shop
        assert shop.pipeline.site
        self._site = await shop.machine.site(shop.pipeline.site, shop.source, shop.plan.commit, shop.log(job.name))

    def site_report(self) -> JobReport:
        """The built site as the job's outcome."""
        assert self._site
        return JobReport(Phase.SUCCEEDED, f"site {self._site.digest[:19]}", {"site": asdict(self._site)})
