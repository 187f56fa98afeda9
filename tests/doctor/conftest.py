"""A product on an embedded cloud that its doctor finds sound, for tests that break it and mend it again."""

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
        return (await doctor(self.project, "dev"))["dev"]

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


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    folder = tmp_path_factory.mktemp("patient")
    (folder / "tidegate.yaml").write_text(TEXT, encoding="utf-8")
    project = Project(folder, Home(folder / ".tidegate"))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(embedded_cloud(project, load(folder / "tidegate.yaml"))) as cloud,
    ):
        yield Patient(project, cloud.endpoint)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests' own shell says about AWS must not reach them."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
