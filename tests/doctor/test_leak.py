"""One bucket for TEST and APP: what the doctor counts is what users of a cold edge get while a candidate is tested."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.doctor.conftest import TEXT, Patient, patient_of
from tests.targets.sites import ONE, TWO, bundle
from tidegate.model.finding import Check, Finding
from tidegate.operations.addresses import read_addresses
from tidegate.targets.site_invalidation import InvalidationSite


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    text = TEXT.replace("api: api}", "api: api, strategy: invalidation}")
    with patient_of(tmp_path_factory.mktemp("leaky"), text) as one:
        yield one


async def test_the_leak_is_measured(leaky: Patient, tmp_path: Path) -> None:
    address = read_addresses(leaky.pipeline, leaky.project.home)["dev"]
    async with leaky.project.cloud(leaky.pipeline) as cloud:
        site = InvalidationSite(cloud, address)
        for digest in (ONE, TWO):
            await site.upload(bundle(tmp_path / digest[-2:], digest, assets=("shared.js", f"{digest[-2:]}.js")))
        await site.show_candidate(ONE, (await site.observe()).test, {})
        await site.promote(ONE, (await site.observe()).app, {})
        leaky.went_live(ONE)
        assert _counted(await leaky.findings()) == (0, 3)
        app = (await cloud.edges.distribution(address.app)).url
        before = _served(app)
        await site.show_candidate(TWO, (await site.observe()).test, {})
        untested, objects = _counted(await leaky.findings())
    _empty_the_edge(leaky, address.app)
    after = _served(app)
    changed = sum(1 for path, body in after.items() if before.get(path) != body)
    assert (untested, objects) == (changed, len(after))
    assert untested > 0


def _empty_the_edge(leaky: Patient, distribution: str) -> None:
    asked = httpx.post(f"{leaky.endpoint}/_tidegate/cold-edge", params={"distribution": distribution})
    asked.raise_for_status()


def _served(app: str) -> dict[str, bytes]:
    """What APP answers, by path, for what either bundle holds; a path that gets the page gets nothing of its own."""
    names = ("index.html", *(f"assets/{name}.js" for name in ("shared", ONE[-2:], TWO[-2:])))
    found = {name: httpx.get(f"{app}/{name}").content for name in names}
    return {name: body for name, body in found.items() if name == "index.html" or body != found["index.html"]}


def _counted(findings: tuple[Finding, ...]) -> tuple[int, int]:
    [leak] = findings
    assert leak.check is Check.LEAK
    assert not leak.blocks
    counted = re.search(r"(\d+) of the (\d+) objects", leak.what)
    assert counted, leak.what
    return int(counted[1]), int(counted[2])
