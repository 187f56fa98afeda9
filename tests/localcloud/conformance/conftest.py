"""One composed cloud for the conformance suite, or a real endpoint instead.

`TIDEGATE_CONFORMANCE_ENDPOINT=URL` points the suite at a cloud that already runs; `aws` lets boto3 use its own
configuration (real AWS). Otherwise the embedded cloud runs in a thread of its own, once per test session.
"""

import asyncio
import contextlib
import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from tidegate.localcloud.compose import compose
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import DEFAULT_REGION, Settings

ENDPOINT_VARIABLE = "TIDEGATE_CONFORMANCE_ENDPOINT"
START_LIMIT_SECONDS = 30.0

Client = Callable[[str], Any]


@dataclass
class CloudThread:
    """An embedded cloud on an event loop of its own."""

    root: Path
    ready: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None
    cloud: EmbeddedCloud | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _ending: asyncio.Event | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:  # noqa: BLE001 - reported to the thread that waits
            self.failure = failure
        finally:
            self.ready.set()

    def end(self) -> None:
        if self._loop is not None and self._ending is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ending.set)

    async def _serve(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        async with compose(Settings(root=self.root)).running() as cloud:
            self.cloud = cloud
            self.ready.set()
            await self._ending.wait()


@pytest.fixture(scope="session")
def embedded_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """The cloud object itself, for the few facts that boto3 cannot tell. Not available against a real endpoint."""
    if ENDPOINT_VARIABLE in os.environ:
        pytest.skip("needs the embedded cloud in this process")
    running = CloudThread(tmp_path_factory.mktemp("cloud"))
    thread = threading.Thread(target=running.run, name="embedded-cloud")
    thread.start()
    assert running.ready.wait(START_LIMIT_SECONDS), "the embedded cloud did not start"
    if running.failure is not None:
        thread.join()
        raise running.failure
    assert running.cloud is not None
    yield running.cloud
    running.end()
    thread.join()
    if running.failure is not None:
        raise running.failure


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest) -> str | None:
    """The control plane's URL; None means boto3's own idea of AWS."""
    given = os.environ.get(ENDPOINT_VARIABLE)
    if given is not None:
        return None if given == "aws" else given
    cloud: EmbeddedCloud = request.getfixturevalue("embedded_cloud")
    return cloud.endpoint


@pytest.fixture
def client(endpoint: str | None) -> Iterator[Client]:
    """Makes boto3 clients: `client("lambda")`. They are closed after the test."""
    made: list[Any] = []

    def make(service: str) -> Any:
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=30)
        local = {} if endpoint is None else {"endpoint_url": endpoint, "region_name": DEFAULT_REGION}
        keys = {} if endpoint is None else {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        made.append(boto3.client(service, config=config, **local, **keys))  # type: ignore[call-overload]
        return made[-1]

    yield make
    for one in made:
        one.close()


PushImage = Callable[..., str]


@dataclass
class ImagePusher:
    """Puts images of a few files into a repository of ECR, through the registry protocol."""

    registry: httpx.Client
    repository_uri: str
    name: str

    def __call__(self, files: Mapping[str, str], command: tuple[str, ...] = ("app.handler",)) -> str:
        """Push an image whose /var/task holds `files`; returns its URI by digest."""
        plain = _layer(files)
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": list(command), "Entrypoint": ["/lambda-entrypoint.sh"], "WorkingDir": "/var/task"},
            "rootfs": {"type": "layers", "diff_ids": [_digest(plain)]},
        }
        kind = "application/vnd.docker"
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{kind}.distribution.manifest.v2+json",
            "config": self._blob(f"{kind}.container.image.v1+json", json.dumps(config).encode()),
            "layers": [self._blob(f"{kind}.image.rootfs.diff.tar.gzip", gzip.compress(plain, mtime=0))],
        }
        body = json.dumps(manifest).encode()
        answer = self.registry.put(
            f"/v2/{self.name}/manifests/{_digest(body)}",
            content=body,
            headers={"Content-Type": str(manifest["mediaType"])},
        )
        answer.raise_for_status()
        return f"{self.repository_uri}@{_digest(body)}"

    def _blob(self, kind: str, content: bytes) -> dict[str, Any]:
        begun = self.registry.post(f"/v2/{self.name}/blobs/uploads/")
        begun.raise_for_status()
        location = httpx.URL(begun.headers["Location"]).copy_merge_params({"digest": _digest(content)})
        headers = {"Content-Type": "application/octet-stream"}
        self.registry.put(location, content=content, headers=headers).raise_for_status()
        return {"mediaType": kind, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _layer(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"var/task/{name}")
            entry.size, entry.mode = len(text.encode()), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def push_image(client: Client) -> Iterator[PushImage]:
    """Pushes images into a repository of the test's own."""
    ecr = client("ecr")
    name = f"conformance/{uuid.uuid4().hex[:12]}"
    uri = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    token = ecr.get_authorization_token()["authorizationData"][0]
    headers = {"Authorization": f"Basic {token['authorizationToken']}"}
    with httpx.Client(base_url=token["proxyEndpoint"], headers=headers) as registry:
        yield ImagePusher(registry, uri, name)
    with contextlib.suppress(EndpointConnectionError):  # a cloud that a test ended is gone with all it held
        ecr.delete_repository(repositoryName=name, force=True)


ECHO = """
import os

def handler(event, context):
    print("asked", event)
    return {
        "event": event,
        "arn": context.invoked_function_arn,
        "version": context.function_version,
        "color": os.environ.get("COLOR"),
        "region": os.environ["AWS_REGION"],
    }
"""


class Functions:
    """What tests do with functions, waits included."""

    role = "arn:aws:iam::123456789012:role/conformance"
    echo = ECHO

    def __init__(self, client: Any, push: Callable[..., str]) -> None:
        self.client = client
        self.push = push
        self.made: list[str] = []

    def create(self, source: str = ECHO, **given: Any) -> str:
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        uri = self.push({"app.py": source})
        self.client.create_function(
            FunctionName=name, PackageType="Image", Code={"ImageUri": uri}, Role=self.role, **given
        )
        self.made.append(name)
        self.settle(name)
        return name

    def settle(self, name: str, qualifier: str | None = None) -> dict[str, Any]:
        chosen = {} if qualifier is None else {"Qualifier": qualifier}
        fast = {"Delay": 0.05, "MaxAttempts": 1200}
        self.client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=fast, **chosen)
        if qualifier is None:
            self.client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=fast)
        return dict(self.client.get_function_configuration(FunctionName=name, **chosen))

    def publish(self, name: str, **given: Any) -> str:
        version = self.client.publish_version(FunctionName=name, **given)["Version"]
        self.settle(name, version)
        return str(version)

    def recolor(self, name: str, color: str) -> None:
        self.client.update_function_configuration(FunctionName=name, Environment={"Variables": {"COLOR": color}})
        self.settle(name)

    def versions(self, colors: list[str]) -> str:
        """A function with one published version for each color."""
        name = self.create()
        for color in colors:
            self.recolor(name, color)
            self.publish(name)
        return name

    def invoke(self, name: str, event: Any = None, **given: Any) -> Any:
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **given)
        return json.loads(answer["Payload"].read())


@pytest.fixture
def functions(client: Callable[[str], Any], push_image: Callable[..., str]) -> Iterator[Functions]:
    made = Functions(client("lambda"), push_image)
    yield made
    for name in made.made:
        try:
            made.client.delete_function(FunctionName=name)
        except (made.client.exceptions.ResourceNotFoundException, EndpointConnectionError):
            continue
