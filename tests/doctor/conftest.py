"""A product on an embedded cloud that its doctor finds sound, for tests that break it and mend it again."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from anyio.from_thread import start_blocking_portal

from tidegate.config.load import load
from tidegate.execute.home import Home
from tidegate.model.finding import Finding
from tidegate.model.pipeline import Pipeline
from tidegate.model.release import Artifact, Release
from tidegate.operations.addresses import read_settings
from tidegate.operations.cloud_up import embedded_cloud
from tidegate.operations.doctor import doctor
from tidegate.operations.project import Project

TEXT = """
product: shop
region: ap-southeast-1
components: {backend: [src/**], frontend: [web/**]}
images: {backend: {dockerfile: Dockerfile, repository: shop, components: [backend]}}
functions:
  api:
    name: shop-api-{env}
    image: backend
    handler: a.b
    api: true
    environment: {STAGE: "{env}", KEY_SECRET_NAME: "shop-key-{env}"}
    runtime: [AURORA_HOST]
    smoke: [{get: /, expect: {status: 200}}]
  worker:
    name: shop-worker-{env}
    image: backend
    handler: w.b
    queue: jobs
    schedule: rate(1 day)
    smoke: [{event: e.json, expect: {json: {}}}]
site: {path: web, components: [frontend], bucket: "shop-web-{env}", api: api}
resources: {queues: {jobs: "shop-jobs-{env}"}, secrets: {key: "shop-key-{env}"}}
environments: {dev: {}, prod: {after: dev}}
"""


@dataclass
class Patient:
    """The product, and what one does to it."""

    project: Project
    endpoint: str

    @property
    def pipeline(self) -> Pipeline:
        return load(self.project.folder / self.project.file)

    @property
    def settings_file(self) -> Path:
        return self.project.home.environment("dev")

    def settings(self) -> Mapping[str, str]:
        return read_settings(self.settings_file, {})[0]

    def set(self, name: str, value: str) -> None:
        with self.settings_file.open("a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")

    def client(self, service: str) -> Any:
        session: Any = boto3.session.Session("test", "test", region_name="ap-southeast-1")
        return session.client(service, endpoint_url=self.endpoint)

    async def findings(self) -> tuple[Finding, ...]:
        return (await doctor(self.project, "dev")).environments["dev"]

    def run(self, line: str) -> None:
        """A command line of a finding, as a person would run it."""
        environ = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "ap-southeast-1",
            "AWS_PAGER": "",
        }
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.project.folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"

    def went_live(self, site: str = "") -> None:
        """Let the ledger know a release as live in dev: the placeholder, which is what is live, and maybe a bundle."""
        described = self.client("lambda").get_function_configuration(FunctionName="shop-api-dev", Qualifier="1")
        digest, commit = f"sha256:{described['CodeSha256']}", self._commit()
        pointers = {"functions": {"api": "1", "worker": "1"}, "app": site}
        with self.project.ledger() as ledger:
            run = ledger.open_run(commit, "main", None, "test").id
            image = Artifact("backend", digest, commit, "shop")
            bundle = Artifact("site", site, commit, "releases/x") if site else None
            release = ledger.add_release(Release("", commit, run, 0.0, {"backend": image}, bundle, ""))
            ledger.acquire("dev", run, "me", "a test", 60.0)
            ledger.record_intent("dev", run, release.id, pointers)
            ledger.went_live("dev", run, release.id, pointers)
            ledger.release_lock("dev", run)

    def _commit(self) -> str:
        """The commit of the product, which the live release was made of."""
        identity = "-c user.name=a -c user.email=a@b"
        for line in ("git init -q -b main .", "git add tidegate.yaml", f"git {identity} commit -qm one"):
            self.run(line)
        return self.project.repository().resolve("HEAD")


@contextlib.contextmanager
def patient_of(folder: Path, text: str) -> Iterator[Patient]:
    """A product on an embedded cloud of its own."""
    (folder / "tidegate.yaml").write_text(text, encoding="utf-8")
    project = Project(folder, Home(folder / ".tidegate"))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(embedded_cloud(project, load(folder / "tidegate.yaml"))) as cloud,
    ):
        yield Patient(project, cloud.endpoint)


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    with patient_of(tmp_path_factory.mktemp("patient"), TEXT) as one:
        yield one


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests' own shell says about AWS must not reach them."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
