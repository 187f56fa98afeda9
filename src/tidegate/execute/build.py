"""Jobs `build…`: artifacts by digest and the schema half, made once and promoted through all environments."""

from dataclasses import asdict

from tidegate.execute.machine import ImageOrder
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase
from tidegate.model.release import Artifact, SchemaRevision


class ArtifactBuilder:
    """Builds the artifacts of one run: ahead of their jobs' turn, which then only report."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._images: dict[str, Artifact] = {}
        self._site: Artifact | None = None
        self._schema: SchemaRevision | None = None

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

    async def build_schema(self, job: Job) -> None:
        """Read migrations and expectation of the commit, and keep the expectation in the ledger by its digest."""
        shop = self._shop
        assert shop.pipeline.database
        assert shop.databases
        files = await shop.databases.read(shop.pipeline.database, shop.source, shop.log(job.name))
        expectation = shop.ledger.keep_expectation(files.expectation)
        self._schema = SchemaRevision(
            shop.plan.commit, files.migrations, expectation, files.expand, tuple(files.contract)
        )

    def schema_report(self) -> JobReport:
        """What was read as the job's outcome."""
        schema = self._schema
        assert schema
        head = f"up to {schema.expand}" if schema.expand else "no migrations"
        detail = f"schema {schema.expectation[:19]}, {head}"
        return JobReport(Phase.SUCCEEDED, detail, {"schema": asdict(schema)})
