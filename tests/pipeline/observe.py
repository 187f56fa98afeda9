"""What an environment serves, observed from outside: boto3 and HTTP, nothing of Tidegate's own adapters."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import httpx

from tests.pipeline.product import Product
from tidegate.config.load import load
from tidegate.model.pipeline import expand

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class Serving:
    """What users of an environment get.

    Attributes:
        functions: Function → CodeSha256 of the version behind `live`.
        versions: Function → CodeSha256 of each published version, by number.
        page: SHA-256 of what APP answers.
        commit: What the live API says that it was built from.
    """

    functions: Mapping[str, str]
    versions: Mapping[str, Mapping[str, str]]
    page: str
    commit: str


def endpoint_of(product: Product) -> str:
    return str(json.loads(product.home.cloud_state.read_bytes())["endpoint"])


def observe(product: Product, environment: str) -> Serving:
    """Observe an environment that serves something."""
    pipeline = load(product.work)
    names = [expand(spec.name, environment) for spec in pipeline.functions.values()]
    with functions(product, pipeline.region) as client:
        live = {name: client.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in names}
        versions = {name: _versions(client, name) for name in names}
    health = httpx.get(f"{product.addresses(environment)['TELEGRAM_API_URL']}/api/v1/health", timeout=20)
    page = httpx.get(f"{product.app_url(environment)}/", timeout=20)
    assert (health.status_code, page.status_code) == (200, 200), (health.text, page.text)
    return Serving(
        functions={name: versions[name][live[name]] for name in names},
        versions=versions,
        page=hashlib.sha256(page.content).hexdigest(),
        commit=health.json()["commit"],
    )


@contextlib.contextmanager
def functions(product: Product, region: str) -> "Iterator[LambdaClient]":
    client = boto3.client(
        "lambda",
        region_name=region,
        endpoint_url=endpoint_of(product),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    try:
        yield client
    finally:
        client.close()


def page_of(product: Product, digest: str) -> str:
    """SHA-256 of the page of a bundle that this machine keeps."""
    page = product.home.bundles / digest.removeprefix("sha256:") / "files/index.html"
    return hashlib.sha256(page.read_bytes()).hexdigest()


def _versions(client: "LambdaClient", name: str) -> dict[str, str]:
    found = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    return {
        version["Version"]: version["CodeSha256"]
        for page in found
        for version in page["Versions"]
        if version["Version"] != "$LATEST"
    }
