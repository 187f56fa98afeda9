"""The product of the soak: two functions and a page, deployed in seconds, good or flawed on purpose."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ENVIRONMENTS = ("dev", "prod")
DECLARED = """\
product: shop
branch: telegram
cloud: embedded
region: ap-southeast-1
components:
  backend: [src/**, Dockerfile]
  frontend: [web/**]
  tests: [tests/**]
images:
  backend: {dockerfile: Dockerfile, repository: shop, components: [backend]}
functions:
  api:
    name: shop-api-{env}
    image: backend
    handler: src.api.handler
    api: true
    environment: {ENV_NAME: "{env}"}
    timeout: 3s
    smoke: [{get: /health, expect: {status: 200, json: {status: ok, commit: <release.commit>}}}]
  worker:
    name: shop-worker-{env}
    image: backend
    handler: src.worker.handler
    timeout: 3s
    smoke: [{event: tests/order.json, expect: {json: {packed: 3}}}]
site:
  path: web
  components: [frontend]
  bucket: shop-web-{env}
  api: api
  install: "true"
  build: cp -r pages dist
  lock: pages/index.html
gates:
  test: {components: [backend, frontend, tests], steps: [{name: Syntax, run: python3 -m compileall -q -f src tests}]}
  e2e: {run: python3 tests/pair.py}
  skew: {run: python3 tests/pair.py}
environments:
  dev: {}
  prod: {after: dev}
"""
DOCKERFILE = """\
FROM public.ecr.aws/lambda/python:3.11
COPY src/ ${LAMBDA_TASK_ROOT}/src/
ARG GIT_COMMIT=unknown
ENV GIT_COMMIT=${GIT_COMMIT}
CMD ["src.api.handler"]
"""
PAIR = '''\
"""Asks a site for its page, and the API that it names for its health; writes what came of it as pytest does."""

import json
import os
import re
import sys
import urllib.request


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


def problem():
    site = os.environ["E2E_BASE_URL"]
    page = get(f"{site}/")
    if "<title>Shop</title>" not in page:
        return "the page has no title"
    health = json.loads(get(json.loads(get(f"{site}/runtime.json"))["apiUrl"] + "/health"))
    speaks = int(re.search(r'name="speaks" content="(\\d+)"', page)[1])
    return "" if speaks in health["speaks"] else f"the page speaks {speaks}, the API {health['speaks']}"


try:
    found = problem()
except Exception as error:
    found = repr(error)
report = re.search(r"--junitxml=(\\S+)", os.environ["PYTEST_ADDOPTS"])[1].strip("'")
inner = "<failure message='it failed'/>" if found else ""
with open(report, "w") as file:
    file.write(f"<testsuite><testcase name='pair'>{inner}</testcase></testsuite>")
sys.exit(found or 0)
'''
API = '''\
"""The API, number {number}."""

import json
import os
import time
{on_import}

def handler(event, context):
    body = {{"status": "ok", "commit": {commit}, "speaks": [{speaks}]}}
    return {{"statusCode": {status}, "headers": {{"content-type": "application/json"}}, "body": json.dumps(body)}}
'''
WORKER = '''\
"""The worker, number {number}."""


def handler(event, context):
    return {{"packed": event["orders"]{error}}}
'''
PAGE = '<!doctype html>{title}<meta name="speaks" content="{speaks}"><p>Page {number}</p>\n'


class Flaw(StrEnum):
    """What is wrong with a commit."""

    NONE = "none"
    HEALTH = "health answers 500"
    COMMIT = "health tells another commit"
    IMPORT = "the handler cannot be imported"
    SLOW = "the handler starts too slowly"
    WORKER = "the worker fails"
    PAGE = "the page is broken"
    OLD_TABS = "the API no longer understands the page that is live"
    ONLY_PROD = "health answers 500 in prod alone"

    @property
    def stopped_by(self) -> str:
        """The job that must not let it pass; empty for a good commit."""
        match self:
            case Flaw.NONE:
                return ""
            case Flaw.PAGE:
                return "e2e-test-dev"
            case Flaw.OLD_TABS:
                return "skew-test-dev"
            case Flaw.ONLY_PROD:
                return "deploy-prod"
            case _:
                return "deploy-dev"


FLAWS = tuple(flaw for flaw in Flaw if flaw is not Flaw.NONE)


@dataclass(frozen=True, slots=True)
class Edition:
    """What one commit consists of.

    Attributes:
        backend: Number of the backend: another number is another image.
        site: Number of the page.
        flaw: What is wrong with it.
    """

    backend: int
    site: int
    flaw: Flaw = Flaw.NONE

    def files(self) -> dict[str, str]:
        """Path → text of the files that differ from edition to edition."""
        flaw = self.flaw
        speaks = 2 if flaw is Flaw.OLD_TABS else 1
        on_import = {Flaw.IMPORT: 'raise RuntimeError("no")\n', Flaw.SLOW: "time.sleep(60)\n"}.get(flaw, "")
        status = {Flaw.HEALTH: "500", Flaw.ONLY_PROD: '500 if os.environ["ENV_NAME"] == "prod" else 200'}
        return {
            "src/api.py": API.format(
                number=self.backend,
                on_import=on_import,
                commit='"0" * 40' if flaw is Flaw.COMMIT else 'os.environ["GIT_COMMIT"]',
                status=status.get(flaw, "200"),
                speaks=speaks,
            ),
            "src/worker.py": WORKER.format(number=self.backend, error=" / 0" if flaw is Flaw.WORKER else ""),
            "web/pages/index.html": PAGE.format(
                number=self.site, speaks=speaks, title="" if flaw is Flaw.PAGE else "<title>Shop</title>"
            ),
        }


def write_shop(folder: Path) -> Path:
    """Write the product's first edition into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    still = {
        "tidegate.yaml": DECLARED,
        "Dockerfile": DOCKERFILE,
        "tests/pair.py": PAIR,
        "tests/order.json": '{"orders": 3}',
    }
    for path, text in {**still, **Edition(0, 0).files()}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
