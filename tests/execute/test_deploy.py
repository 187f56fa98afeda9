"""Candidates: brought to the release, and asked before anybody else can."""

import asyncio
import json
import shutil

import pytest

from tests.execute.shops import NOTHING, PLACEHOLDER, Shop, answer, digest, ordered
from tests.memory_functions import Handler
from tidegate.cloud.ports import Answer
from tidegate.errors import Failure, GateFailed, Unreachable
from tidegate.execute.deploy import deploy
from tidegate.execute.site import deploy_site, upload_site
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, Phase
from tidegate.model.pipeline import Order
from tidegate.model.snapshot import Version
from tidegate.targets.step import CANDIDATE


def job_of(run: Workshop) -> Job:
    return run.plan.by_name()["deploy-dev"]


async def test_candidates_serve_the_release_and_live_does_not(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop(holding="dev")
    report = await deploy(run, job_of(run))
    assert (report.phase, report.detail) == (Phase.SUCCEEDED, "2 checks passed")
    for name in ("api-dev", "worker-dev"):
        found = await shop.cloud.functions.observe(name, ("live", "candidate"))
        candidate, live = found.at("candidate"), found.at("live")
        assert candidate is not None
        assert live is not None
        assert (candidate.digest, live.digest) == (digest("a"), PLACEHOLDER)
    assert await shop.live("dev") == NOTHING


async def test_every_write_is_journalled_with_what_came_of_it(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop(holding="dev")
    await deploy(run, job_of(run))
    steps = shop.ledger.run(run.run).jobs["deploy-dev"].steps
    assert sorted(step.name for step in steps if step.name.startswith("api-dev")) == [
        "api-dev: PublishVersion sha256:aaaaaaaaaaaa",
        "api-dev: UpdateFunctionCode sha256:aaaaaaaaaaaa",
        "api-dev: candidate → the published version",
    ]
    assert all(step.done is not None for step in steps)
    assert "api-dev: UpdateFunctionCode" in shop.log(run, "deploy-dev")


async def test_a_second_deployment_writes_nothing_but_asks_again(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop(holding="dev")
    await deploy(run, job_of(run))
    before, asked = list(shop.cloud.wire.writes), len(shop.cloud.functions.invoked)
    await deploy(run, job_of(run))
    assert [line for line in shop.cloud.wire.writes[len(before) :] if line.startswith("functions")] == []
    assert len(shop.cloud.functions.invoked) == 2 * asked


async def test_only_candidates_are_asked(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop(holding="dev")
    await deploy(run, job_of(run))
    asked = {name: (qualifier, payload) for name, qualifier, payload in shop.cloud.functions.invoked}
    assert {qualifier for qualifier, _ in asked.values()} == {CANDIDATE}
    request = asked["api-dev"][1]
    assert isinstance(request, dict)
    assert request["rawPath"] == "/health"
    assert asked["worker-dev"][1] == {"env": "dev", "bucket": "files-dev"}


async def test_what_an_event_is_about_is_put_there_first(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop(holding="dev")

    def handler(name: str, version: Version, payload: object) -> Answer:
        assert name != "worker-dev" or ("files-dev", "candidate/a.csv") in shop.cloud.buckets.objects
        return answer(name, version, payload)

    shop.cloud.functions.handler = handler
    await deploy(run, job_of(run))
    assert shop.cloud.buckets.objects["files-dev", "candidate/a.csv"].body == b"a,b\n"


def unhealthy(name: str, version: Version, payload: object) -> Answer:
    return Answer({"statusCode": 500, "body": "boom"}) if name == "api-dev" else answer(name, version, payload)


def raising(name: str, version: Version, payload: object) -> Answer:
    if name == "worker-dev":
        return Answer({"errorMessage": "no such ticker"}, "Unhandled", log="Traceback: no such ticker")
    return answer(name, version, payload)


def stale(name: str, version: Version, payload: object) -> Answer:
    return Answer({"statusCode": 200, "body": json.dumps({"digest": PLACEHOLDER})})


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    ("handler", "says"),
    [
        pytest.param(unhealthy, "api GET /health: expected status 200, found 500: boom", id="another status"),
        pytest.param(raising, 'job.json: the handler failed: {"errorMessage": "no such ticker"}', id="raises"),
        pytest.param(stale, "$.digest: expected sha256:aaa", id="another artifact answers"),
    ],
)
async def test_a_candidate_that_fails_is_not_promoted(shop: Shop, order: Order, handler: Handler, says: str) -> None:
    shop.pipeline = ordered(shop.pipeline, order)
    shop.release("a")
    shop.cloud.functions.handler = handler
    run = shop.workshop(holding="dev")
    with pytest.raises(GateFailed) as raised:
        await deploy(run, job_of(run))
    assert says in raised.value.what
    assert raised.value.what.startswith("Failed: ")
    assert raised.value.where == "deploy-dev"
    assert "tidegate logs --job deploy-dev" in raised.value.what_next
    assert not any(line.endswith(" live") for line in shop.cloud.wire.writes)
    assert await shop.live("dev") == NOTHING


async def test_the_log_of_a_handler_that_failed_is_kept(shop: Shop) -> None:
    shop.release("a")
    shop.cloud.functions.handler = raising
    run = shop.workshop(holding="dev")
    with pytest.raises(GateFailed):
        await deploy(run, job_of(run))
    assert "Traceback: no such ticker" in shop.log(run, "deploy-dev")


async def test_backend_first_promotes_what_passed(shop: Shop) -> None:
    shop.pipeline = ordered(shop.pipeline, Order.BACKEND_FIRST)
    shop.release("a")
    run = shop.workshop(holding="dev")
    await deploy(run, job_of(run))
    assert await shop.live("dev") == NOTHING | {"api": "a", "worker": "a"}


async def test_one_function_that_cannot_be_updated_fails_the_job(shop: Shop) -> None:
    shop.release("a")
    shop.cloud.functions.failing_updates.add("worker-dev")
    run = shop.workshop(holding="dev")
    with pytest.raises(Failure, match=r"\$LATEST failed: the image is not accessible"):
        await deploy(run, job_of(run))
    assert shop.cloud.functions.invoked == []


async def test_a_job_that_fails_leaves_nothing_running(shop: Shop) -> None:
    shop.release("a")
    shop.cloud.functions.failing_updates.add("worker-dev")
    shop.cloud.functions.delays["api-dev"] = 60.0
    run = shop.workshop(holding="dev")
    with pytest.raises(Failure):
        await deploy(run, job_of(run))
    assert asyncio.all_tasks() == {asyncio.current_task()}
    candidate = (await shop.cloud.functions.observe("api-dev", ("candidate",))).at("candidate")
    assert candidate is not None
    assert candidate.digest == digest("a")


async def test_an_event_that_is_not_there_is_told(shop: Shop) -> None:
    shop.release("a")
    (shop.source / "tests/job.json").unlink()
    run = shop.workshop(holding="dev")
    with pytest.raises(OSError, match=r"job\.json"):
        await deploy(run, job_of(run))


@pytest.mark.parametrize(("lost", "verdict"), [("api-dev", "succeeded"), ("worker-dev", "unreachable")])
async def test_a_get_without_an_answer_is_asked_again_and_an_event_is_not(shop: Shop, lost: str, verdict: str) -> None:
    shop.release("a")
    left = [lost]

    def silent_at_first(name: str, version: Version, payload: object) -> Answer:
        if name in left:
            left.remove(name)
            raise Unreachable(f"no answer of {name}")
        return answer(name, version, payload)

    shop.cloud.functions.handler = silent_at_first
    run = shop.workshop(holding="dev")
    if verdict == "succeeded":
        assert (await deploy(run, job_of(run))).phase is Phase.SUCCEEDED
    else:
        with pytest.raises(Unreachable):
            await deploy(run, job_of(run))
    assert [name for name, _, _ in shop.cloud.functions.invoked].count(lost) == (2 if verdict == "succeeded" else 1)


async def test_an_edge_that_lags_is_seen_where_the_site_was_not_built(shop: Shop) -> None:
    for letter in "ab":
        shop.release(letter)
        run = shop.workshop(holding="dev")
        job = run.plan.by_name()["deploy-dev-frontend"]
        await upload_site(run, job)
        shutil.rmtree(shop.home.bundles)
        shop.cloud.edges.delay(keys=30.0, invalidations=0.0)
        await deploy_site(run, job)
        _, body = await shop.cloud.ports.probe.get(shop.cloud.edges.distributions["TEST-dev"].url)
        assert body == f"<title>{letter}</title>".encode()
        shop.ledger.release_lock("dev", run.run)
