"""The product that is deployed: pipelines, commits with flaws, and what its functions answer."""

import functools
import json
import tempfile
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from tidegate.cloud.ports import Answer
from tidegate.config.load import parse
from tidegate.model.database import DatabaseSpec, Engine
from tidegate.model.pipeline import Component, Environment, Order, Pipeline, Strategy
from tidegate.model.snapshot import Version
from tidegate.targets.site import SiteBundle, SiteFile

COMMITS = 12
FUNCTIONS = ("api", "worker")

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
      - event: job.json
        seed: {bucket: files, key: candidate/a.csv, file: a.csv}
        expect: {json: {digest: <release.digest>}}
site: {path: web, components: [frontend], bucket: "web-{env}", api: api}
resources: {buckets: {files: "files-{env}"}}
gates:
  test: {steps: [{name: unit, run: "check"}]}
  e2e: {run: e2e}
  skew: {run: skew}
environments: {dev: {}, staging: {after: dev}, prod: {after: staging}}
"""


class Flaw(StrEnum):
    """What is wrong with a commit, and what must find it."""

    UNIT = "its unit tests fail"
    BUILD = "its image cannot be built"
    SITE_BUILD = "its site cannot be built"
    HEALTH = "its API answers 500"
    CRASH = "its API dies"
    WORKER = "its worker does nothing"
    PAGE = "its page fails the end-to-end tests"
    PAIR = "its API fails the end-to-end tests"
    EMPTY = "its end-to-end tests are empty"
    SKEW_API = "its API fails an older page"
    SKEW_PAGE = "its page fails an older API"
    UPDATE = "its image cannot be started"
    LIVE = "its API answers users only with 502"


BACKEND_FLAWS = frozenset(
    {Flaw.BUILD, Flaw.HEALTH, Flaw.CRASH, Flaw.WORKER, Flaw.PAIR, Flaw.SKEW_API, Flaw.UPDATE, Flaw.LIVE}
)
SITE_FLAWS = frozenset({Flaw.SITE_BUILD, Flaw.PAGE, Flaw.SKEW_PAGE})


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: which components it touches, and what is wrong with it. `schema` says that it adds a migration."""

    number: int
    backend: bool = True
    site: bool = True
    flaws: frozenset[Flaw] = frozenset()
    schema: bool = False

    @property
    def id(self) -> str:
        return f"commit-{self.number}"

    @property
    def migration(self) -> str:
        """The migration that it adds, where it adds one."""
        return f"m{self.number}"

    @property
    def files(self) -> tuple[str, ...]:
        """What it changes."""
        touched = (("src/app.py", self.backend), ("web/page.ts", self.site), ("migrations/m.py", self.schema))
        return tuple(path for path, is_touched in touched if is_touched)


def image_digest(number: int) -> str:
    """The digest of a commit's image; 0 is the placeholder's."""
    return f"sha256:{number:064x}"


def site_digest(number: int) -> str:
    """The digest of a commit's bundle."""
    return f"sha256:{number + 4096:064x}"


def number_of(digest: str) -> int:
    """The commit of an image or of a bundle; 0 for a placeholder and for nothing."""
    number = int(digest.removeprefix("sha256:") or "0", 16)
    return number - 4096 if number >= 4096 else number


@functools.cache
def pipeline(
    order: Order, strategy: Strategy, environments: int, *, approval: bool, database: bool = False
) -> Pipeline:
    """The product's pipeline in one of its kinds; with approval, the last environment asks for it."""
    parsed = _with_database(parse(TEXT, "tidegate.yaml")) if database else parse(TEXT, "tidegate.yaml")
    assert parsed.site
    kept = dict(list(parsed.environments.items())[:environments])
    last = list(kept)[-1]
    if approval:
        kept[last] = replace(kept[last], approval=True)
    named: dict[str, Environment] = kept
    return replace(parsed, order=order, site=replace(parsed.site, strategy=strategy), environments=named)


def _with_database(parsed: Pipeline) -> Pipeline:
    spec = DatabaseSpec(Engine.POSTGRESQL, "db-{env}", "db-{env}", ("schema",), migrations="migrations")
    components = {**parsed.components, "schema": Component("schema", ("migrations/**",))}
    functions = {**parsed.functions, "api": replace(parsed.functions["api"], database=True)}
    return replace(parsed, components=components, functions=functions, database=spec)


@functools.cache
def tree() -> Path:
    """The checked-out files, the same for every commit, and the pages of all bundles."""
    folder = tempfile.TemporaryDirectory(prefix="simulated-")
    _KEPT.append(folder)
    root = Path(folder.name)
    (root / "job.json").write_text("{}", encoding="utf-8")
    (root / "a.csv").write_text("a,b\n", encoding="utf-8")
    for number in range(1, COMMITS + 1):
        (root / Commit(number).id).mkdir()
        for file in ("job.json", "a.csv"):
            (root / Commit(number).id / file).symlink_to(root / file)
        (root / f"page-{number}.html").write_text(page(number).decode(), encoding="utf-8")
    return root


def tree_of(commit: str) -> Path:
    """The checked-out files of one commit, where its database must be told from those of others."""
    return tree() / commit


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def page(number: int) -> bytes:
    """The first page of a commit's site."""
    return f"<title>{number}</title>".encode()


def bundle(digest: str) -> SiteBundle:
    """A commit's bundle."""
    file = SiteFile("index.html", tree() / f"page-{number_of(digest)}.html", "text/html", hashed=False)
    return SiteBundle(digest, (file,))


def answer(name: str, version: Version, payload: object, *, commit: Commit, qualifier: str) -> Answer:
    """What a function answers: the digest that it runs from, unless its commit is flawed."""
    number = version.version
    if not name.startswith("api"):
        told = "" if Flaw.WORKER in commit.flaws else version.digest
        return Answer({"digest": told}, version=number)
    if Flaw.CRASH in commit.flaws:
        return Answer({"errorMessage": "it died"}, error="Unhandled", version=number)
    if Flaw.HEALTH in commit.flaws:
        return Answer({"statusCode": 500, "body": "{}"}, version=number)
    if Flaw.LIVE in commit.flaws and qualifier == "live":
        return Answer({"statusCode": 502, "body": ""}, version=number)
    return Answer({"statusCode": 200, "body": json.dumps({"digest": version.digest})}, version=number)
