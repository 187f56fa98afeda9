"""The release that a run carries: made once, whole, from what was built and what is inherited."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.execute.shops import Shop, digest
from tidegate.build.bundle import Bundle, BundleFile
from tidegate.errors import ConfigError, Failure
from tidegate.execute.bundle import keep_bundle, read_bundle
from tidegate.execute.workshop import Workshop, site_target
from tidegate.model.job import JobReport, Phase, Plan
from tidegate.model.pipeline import Strategy
from tidegate.model.release import Artifact
from tidegate.targets.site_invalidation import InvalidationSite
from tidegate.targets.site_pointer import PointerSite


def built(name: str, letter: str) -> Artifact:
    return Artifact(name, digest(letter), "commit-b", "there", "sha-b")


def building(shop: Shop, *, images: bool = False, site: bool = False) -> Workshop:
    """A run that builds something, on top of release `a`."""
    plan = replace(shop.plan(), commit="commit-b", images=("backend",) if images else (), site=site)
    return shop.workshop(plan)


def ended(shop: Shop, run: Workshop, job: str, *artifacts: Artifact, phase: Phase = Phase.SUCCEEDED) -> None:
    shop.ledger.job_started(run.run, job)
    shop.ledger.job_ended(run.run, job, JobReport(phase, "", {one.name: asdict(one) for one in artifacts}))


async def test_what_is_built_and_what_is_inherited_make_a_release(shop: Shop) -> None:
    last = shop.release("a")
    run = building(shop, images=True)
    ended(shop, run, "build", built("backend", "b"))
    release = run.release()
    assert (release.id, release.commit, release.run) == ("r2", "commit-b", run.run)
    assert release.images == {"backend": built("backend", "b")}
    assert release.site == last.site
    assert run.release() == release
    assert [one.id for one in shop.ledger.releases()] == ["r2", "r1"]


async def test_a_new_site_alone_inherits_the_images(shop: Shop) -> None:
    last = shop.release("a")
    run = building(shop, site=True)
    ended(shop, run, "build-frontend", built("site", "b"))
    assert (run.release().site, run.release().images) == (built("site", "b"), last.images)


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.FAILED, Phase.CANCELLED])
async def test_there_is_no_release_before_its_builds_ended(shop: Shop, phase: Phase) -> None:
    shop.release("a")
    run = building(shop, images=True)
    if phase is not Phase.PENDING:
        ended(shop, run, "build", phase=phase)
    with pytest.raises(Failure, match="there is no release before build ended"):
        run.release()
    assert [one.id for one in shop.ledger.releases()] == ["r1"]


async def test_the_site_is_known_before_the_images_are(shop: Shop) -> None:
    shop.release("a")
    run = building(shop, images=True, site=True)
    with pytest.raises(Failure, match="before build-frontend ended"):
        run.site_artifact()
    ended(shop, run, "build-frontend", built("site", "b"))
    assert run.site_artifact() == built("site", "b")
    inherited = building(shop, images=True)
    artifact = inherited.site_artifact()
    found = inherited.machine.bundle(artifact.digest) if artifact else None
    assert found is not None
    assert found.digest == digest("a")
    assert [one.id for one in shop.ledger.releases()] == ["r1"]


async def test_the_last_release_is_carried_on_as_it_is(shop: Shop) -> None:
    last = shop.release("a")
    assert shop.workshop().release() == last


async def test_a_changed_configuration_alone_is_a_release(shop: Shop) -> None:
    last = shop.release("a")
    functions = {key: replace(spec, memory_mb=1024) for key, spec in shop.pipeline.functions.items()}
    run = replace(shop.workshop(), pipeline=replace(shop.pipeline, functions=functions))
    release = run.release()
    assert release.id == "r2"
    assert (release.images, release.site) == (last.images, last.site)
    assert not release.same_content(last)


async def test_what_is_no_longer_declared_is_not_inherited(shop: Shop) -> None:
    shop.release("a")
    run = replace(shop.workshop(), pipeline=replace(shop.pipeline, functions={}, images={}, site=None))
    release = run.release()
    assert (release.images, release.site, run.site_artifact()) == ({}, None, None)


async def test_a_rollback_carries_the_release_that_it_names(shop: Shop) -> None:
    first = shop.release("a")
    shop.release("b")
    run = shop.workshop(Plan("commit-a", None, (), carries="r1"))
    assert (run.release(), run.site_artifact()) == (first, first.site)


async def test_a_resumed_run_finds_the_release_that_it_made(shop: Shop) -> None:
    shop.release("a")
    run = building(shop, images=True)
    ended(shop, run, "build", built("backend", "b"))
    made = run.release()
    assert replace(run, guards={}).release() == made


async def test_the_target_is_the_strategy_s(shop: Shop) -> None:
    run = shop.workshop(Plan("c", None, ()))
    address = run.addresses["dev"]
    assert isinstance(run.site("dev"), PointerSite)
    assert shop.pipeline.site
    other = replace(shop.pipeline, site=replace(shop.pipeline.site, strategy=Strategy.INVALIDATION))
    assert isinstance(site_target(run.cloud, other, address, "dev"), InvalidationSite)
    with pytest.raises(ConfigError, match="no address of the site is known"):
        run.site("moon")


def test_a_bundle_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("page", encoding="utf-8")
    (root / "assets" / "a-123.js").write_text("code", encoding="utf-8")
    page, code = (root / "index.html", root / "assets" / "a-123.js")
    files = (
        BundleFile("index.html", "0" * 64, page.stat().st_size, "text/html", hashed=False),
        BundleFile("assets/a-123.js", "1" * 64, code.stat().st_size, "text/javascript", hashed=True),
    )
    store = tmp_path / "bundles"
    assert read_bundle(store, digest("a")) is None
    keep_bundle(store, Bundle(digest("a"), root, files))
    keep_bundle(store, Bundle(digest("a"), root, files))
    found = read_bundle(store, digest("a"))
    assert found is not None
    assert [(file.path, file.source.read_text(encoding="utf-8"), file.hashed) for file in found.files] == [
        ("index.html", "page", False),
        ("assets/a-123.js", "code", True),
    ]
    assert [path.name for path in store.iterdir()] == ["a" * 64]
    (store / ("a" * 64) / "bundle.json").write_text("{", encoding="utf-8")
    assert read_bundle(store, digest("a")) is None
