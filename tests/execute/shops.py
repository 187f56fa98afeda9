"""A small product in memory: two functions and a site in two environments, and workshops of runs that carry it."""

import json
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.memory_cloud import MemoryCloud
from tests.memory_databases import MemoryDatabases
from tidegate.cloud.patience import Patience
from tidegate.cloud.patient import patient
from tidegate.cloud.ports import Answer
from tidegate.config.load import parse
from tidegate.execute.home import Home
from tidegate.execute.local_machine import LocalMachine
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.model.finding import Finding
from tidegate.model.job import Duty, Job, Plan
from tidegate.model.pipeline import Order, Pipeline
from tidegate.model.release import Artifact, Release
from tidegate.model.snapshot import Version
from tidegate.operations.plan import behind_of
from tidegate.plan.configuration import configuration_hash
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope
from tidegate.targets.site import SiteAddress

TEXT = b"""
product: shop
components: {backend: [src/**], frontend: [web/**]}
images: {backend: {dockerfile: Dockerfile, repository: shop, components: [backend]}}
functions:
  api:
    name: api-{env}
    image: backend
    handler: a.b
    api: true
    smoke: [{get: /health, expect: {status: 200, json: {digest: <release.digest>}}}]
  worker:
    name: worker-{env}
    image: backend
    handler: w.b
    smoke:
      - event: tests/job.json
        seed: {bucket: files, key: candidate/a.csv, file: tests/a.csv}
        expect: {json: {digest: <release.digest>, env: "dev"}}
  cron: {name: "cron-{env}", image: backend, handler: c.b, optional: true, smoke: [{get: /, expect: {status: 200}}]}
site: {path: web, components: [frontend], bucket: "web-{env}", api: api}
resources: {buckets: {files: "files-{env}"}}
gates:
  test: {steps: [{name: unit, run: "true"}]}
  e2e: {run: sh tests/e2e.sh}
environments: {dev: {}, prod: {after: dev}}
"""
E2E = """
report=${PYTEST_ADDOPTS##*--junitxml=}
echo "<testsuite><testcase classname='e2e' name='test_page'/></testsuite>" > "$report"
"""
PIPELINE = parse(TEXT, "tidegate.yaml")
HOLDER = f"{socket.gethostname()}:1"
PLACEHOLDER = f"sha256:{'0' * 64}"


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def answer(name: str, version: Version, payload: object) -> Answer:
    """A handler that tells the digest that it runs from, over HTTP or not."""
    if isinstance(payload, dict) and "rawPath" in payload:
        return Answer({"statusCode": 200, "body": json.dumps({"digest": version.digest})}, version=version.version)
    env = payload.get("env") if isinstance(payload, dict) else None
    return Answer({"digest": version.digest, "env": env}, version=version.version)


@dataclass
class Shop:
    """The product's cloud, ledger, files and releases."""

    folder: Path
    pipeline: Pipeline = PIPELINE
    cloud: MemoryCloud = field(default_factory=MemoryCloud)
    store: MemoryStore = field(default_factory=MemoryStore)
    living: set[str] = field(default_factory=set)
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.store, lambda: self.cloud.wire.now)
        self.home = Home(self.folder / "home")
        self.cloud.functions.handler = answer
        self.databases = MemoryDatabases(self.cloud.wire)
        for environment in self.pipeline.environments:
            for name in ("api", "worker"):
                self.cloud.functions.create(f"{name}-{environment}", PLACEHOLDER, aliases=("live", "candidate"))
            for pointer in ("TEST", "APP"):
                self.cloud.edges.create(f"{pointer}-{environment}", f"web-{environment}", store=self._has_stores)
        self.write("tests/job.json", '{"env": "dev", "bucket": "files-{env}"}')
        self.write("tests/a.csv", "a,b\n")
        self.write("tests/e2e.sh", E2E)

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def addresses(self) -> dict[str, SiteAddress]:
        return {
            name: SiteAddress(f"APP-{name}", f"TEST-{name}", f"web-{name}", "https://live", "https://candidate")
            for name in self.pipeline.environments
        }

    @property
    def _has_stores(self) -> bool:
        return self.pipeline.site is not None and self.pipeline.site.strategy.value == "pointer"

    def write(self, path: str, text: str) -> None:
        file = self.source / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def keep_bundle(self, letter: str) -> None:
        """A site bundle on this machine, as a build leaves it."""
        folder = self.home.bundles / (letter * 64)
        (folder / "files").mkdir(parents=True, exist_ok=True)
        (folder / "files" / "index.html").write_text(f"<title>{letter}</title>", encoding="utf-8")
        listing = [{"path": "index.html", "content_type": "text/html", "hashed": False}]
        (folder / "bundle.json").write_text(json.dumps(listing), encoding="utf-8")

    def release(self, letter: str, *, site: str = "") -> Release:
        """Add a release whose image and bundle are named by a letter."""
        self.keep_bundle(site or letter)
        run = self.ledger.open_run(f"commit-{letter}", "main", None, "made it")
        return self.ledger.add_release(
            Release(
                id="",
                commit=run.commit,
                run=run.id,
                created=0.0,
                images={"backend": Artifact("backend", digest(letter), run.commit, "shop")},
                site=Artifact("site", digest(site or letter), run.commit, "releases/x"),
                configuration=configuration_hash(self.pipeline),
            )
        )

    def proved(self, release: Release, environment: str = "dev") -> Release:
        """Let the ledger know that a release went live in an environment."""
        run = self.ledger.open_run(release.commit, "main", None, "proved it").id
        self.ledger.acquire(environment, run, "me", f"deploy {release.id}", 60.0)
        self.ledger.record_intent(environment, run, release.id, {"functions": {}, "app": ""})
        self.ledger.went_live(environment, run, release.id)
        self.ledger.release_lock(environment, run)
        return release

    def plan(self, *, backend: bool = True, site: bool = True, only: tuple[str, ...] = ()) -> Plan:
        """Carry the last release on to environments that lack it."""
        lag = Behind("lacks it" if backend else "", "lacks it" if site else "")
        behind = {name: lag if not only or name in only else Behind() for name in self.pipeline.environments}
        last = self.ledger.last_release()
        assert last
        return plan_run(
            self.pipeline, last.commit, last.commit, Scope({}, "", "", "", release=True, quiet=""), last, behind
        )

    async def pushed_again(self) -> Plan:
        """What the same push once more plans, from what is observed and what the ledger knows."""
        last = self.ledger.last_release()
        assert last
        behind = await behind_of(self.cloud.ports, self.pipeline, self.addresses, last, self.ledger)
        scope = Scope({}, "", "", "", release=True, quiet="")
        return plan_run(self.pipeline, last.commit, last.commit, scope, last, behind)

    def verifying(self, environment: str) -> Workshop:
        """Open a run that tests again what is live."""
        live = self.ledger.environment(environment).live
        job = Job(f"verify-{environment}", Duty.VERIFY, environment=environment)
        return self.workshop(Plan(self.ledger.release(live).commit, None, (job,), carries=live))

    def workshop(self, plan: Plan | None = None, *, holding: str = "") -> Workshop:
        """Open a run that lives, and holds an environment where one is named."""
        plan = plan or self.plan()
        run = self.ledger.open_run(plan.commit, "main", plan.base, "test", plan)
        self.living.add(run.id)
        self.ledger.run_started(run.id, 1, socket.gethostname())
        if holding:
            self.ledger.acquire(holding, run.id, HOLDER, "a test", 3600.0)
        return Workshop(
            run=run.id,
            pipeline=self.pipeline,
            plan=plan,
            source=self.source,
            machine=LocalMachine(self.home),
            cloud=patient(self.cloud.ports, Patience(self.cloud.pause)),
            ledger=self.ledger,
            addresses=self.addresses,
            holder=HOLDER,
            alive=lambda other: other in self.living,
            examine=self.examine,
            clock=lambda: self.cloud.wire.now,
            pause=self.cloud.pause,
            databases=self.databases if self.pipeline.database else None,
        )

    async def examine(self, environment: str) -> tuple[Finding, ...]:
        """What the doctor finds in an environment: whatever a test put into `findings`."""
        return self.findings.get(environment, ())

    def rolling_back(self, to: str, environment: str = "prod") -> Workshop:
        """Open a run that puts an earlier release back."""
        job = Job(f"rollback-{environment}", Duty.ROLLBACK, environment=environment, reason="it was slow")
        return self.workshop(Plan(self.ledger.release(to).commit, None, (job,), carries=to))

    def log(self, shop: Workshop, job: str) -> str:
        path = self.home.log(shop.run, job)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def live(self, environment: str) -> dict[str, str]:
        """What users reach: the letter of each function's digest and of the site; `-` before a first deployment."""
        found = {name: self.cloud.functions.live(f"{name}-{environment}")[-1] for name in ("api", "worker")}
        _, body = await self.cloud.ports.probe.get(self.cloud.edges.distributions[f"APP-{environment}"].url + "/")
        return {**found, "site": body.decode()[7] if body.startswith(b"<title>") else "-"}


def all_on(letter: str) -> dict[str, str]:
    return {"api": letter, "worker": letter, "site": letter}


NOTHING = {"api": "0", "worker": "0", "site": "-"}


def with_steps(pipeline: Pipeline, **changes: object) -> Pipeline:
    """The pipeline with another quality gate."""
    assert pipeline.check
    return replace(pipeline, check=replace(pipeline.check, **changes))  # type: ignore[arg-type] # fields by name


def ordered(pipeline: Pipeline, order: Order) -> Pipeline:
    return replace(pipeline, order=order)
