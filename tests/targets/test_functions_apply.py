"""Steps against a cloud with real preconditions, whose answers get lost and where strangers write."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.memory_cloud import MemoryCloud
from tests.outage import ATTEMPTS, unanswered
from tests.plan.reference import PIPELINE
from tidegate.cloud.patience import Patience
from tidegate.errors import CloudError, Moved, NotFound, Throttled, Unreachable
from tidegate.model.release import Artifact
from tidegate.targets.functions import SETTLE_SECONDS, Applier, fence, observe, plan_candidate, plan_promotion
from tidegate.targets.step import FunctionStep, PointAlias, told

OLD, NEW, STRANGE = (f"sha256:{letter * 64}" for letter in "0fe")
WANTED = Artifact("backend", NEW, "c1", "repository")
URI = f"registry.test/repository@{NEW}"
WRITES = ["functions.update_code api", "functions.publish api", "functions.point api candidate"]


@dataclass
class Stage:
    """One function behind an applier, and what the journal was told."""

    cloud: MemoryCloud = field(default_factory=MemoryCloud)
    journal: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cloud.functions.create("api", OLD, aliases=("live", "candidate"))

    def note(self, step: FunctionStep) -> Callable[[str], None]:
        line = told(step)
        self.journal.append(f"intend {line}")
        return lambda outcome: self.journal.append(f"done {line} {outcome}".rstrip())

    @property
    def applier(self) -> Applier:
        return Applier(self.cloud.ports, "run 1", self.note, Patience(self.cloud.pause))

    async def plan(self) -> tuple[FunctionStep, ...]:
        return plan_candidate(await self.cloud.functions.observe("api", ("live", "candidate")), WANTED, URI)

    async def deploy(self) -> str:
        return await self.applier.apply(await self.plan())

    async def promote(self) -> None:
        found = await self.cloud.functions.observe("api", ("live", "candidate"))
        await self.applier.apply(plan_promotion({"api": found}))

    async def served(self, alias: str) -> str:
        version = (await self.cloud.functions.observe("api", (alias,))).at(alias)
        assert version
        assert version.settled
        return version.digest


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_the_candidate_is_brought_to_the_artifact_and_live_is_left(stage: Stage) -> None:
    assert await stage.deploy() == "2"
    assert await stage.served("candidate") == NEW
    assert await stage.served("live") == OLD
    assert stage.cloud.wire.writes == WRITES
    assert stage.journal == [
        "intend api: UpdateFunctionCode sha256:ffffffffffff",
        "done api: UpdateFunctionCode sha256:ffffffffffff",
        "intend api: PublishVersion sha256:ffffffffffff",
        "done api: PublishVersion sha256:ffffffffffff 2",
        "intend api: candidate → the published version",
        "done api: candidate → the published version 2",
    ]


async def test_a_second_run_is_empty(stage: Stage) -> None:
    await stage.deploy()
    assert await stage.plan() == ()
    await stage.promote()
    before = list(stage.cloud.wire.writes)
    await stage.promote()
    assert stage.cloud.wire.writes == before
    assert await stage.served("live") == NEW


@pytest.mark.parametrize("call", WRITES)
async def test_a_lost_answer_is_observed_again_and_nothing_happens_twice(stage: Stage, call: str) -> None:
    stage.cloud.wire.lose_answer(call)
    assert await stage.deploy() == "2"
    assert await stage.served("candidate") == NEW
    assert stage.cloud.functions.versions("api") == ["1", "2"]
    assert [line for line in stage.cloud.wire.writes if "publish" not in line] == [WRITES[0], WRITES[2]]
    assert await stage.plan() == ()


async def test_a_lost_answer_of_a_promotion_is_observed_again(stage: Stage) -> None:
    await stage.deploy()
    stage.cloud.wire.lose_answer("functions.point api live")
    await stage.promote()
    assert await stage.served("live") == NEW
    assert stage.cloud.wire.writes.count("functions.point api live") == 1


@pytest.mark.parametrize("call", [WRITES[0], WRITES[2]])
async def test_requests_that_are_always_lost_are_told_and_the_next_run_carries_on(stage: Stage, call: str) -> None:
    unanswered(stage.cloud.wire, call)
    with pytest.raises(Unreachable):
        await stage.deploy()
    assert await stage.served("live") == OLD
    await stage.deploy()
    assert await stage.served("candidate") == NEW
    assert stage.cloud.functions.versions("api") == ["1", "2"]


@pytest.mark.parametrize("call", WRITES)
async def test_a_lost_request_is_asked_again(stage: Stage, call: str) -> None:
    unanswered(stage.cloud.wire, call, ATTEMPTS - 1)
    assert await stage.deploy() == "2"
    assert await stage.served("candidate") == NEW
    assert stage.cloud.wire.writes == WRITES


@pytest.mark.parametrize("call", WRITES)
async def test_a_throttled_write_is_asked_again_not_before_it_may_be(stage: Stage, call: str) -> None:
    began = stage.cloud.wire.now

    def throttle() -> None:
        refused = Throttled("too many")
        refused.retry_after = 15.0
        raise refused

    stage.cloud.wire.before(call, throttle)
    assert await stage.deploy() == "2"
    assert stage.cloud.wire.writes == WRITES
    assert stage.cloud.wire.now - began >= 15


async def test_an_answer_and_a_request_may_both_be_lost(stage: Stage) -> None:
    for call in WRITES:
        stage.cloud.wire.lose_request(call)
        stage.cloud.wire.lose_answer(call)
    assert await stage.deploy() == "2"
    assert stage.cloud.functions.versions("api") == ["1", "2"]


async def test_a_late_effect_of_a_lost_request_is_seen(stage: Stage) -> None:
    await stage.deploy()
    stage.cloud.wire.lose_request("functions.point api live")
    stage.cloud.wire.before("functions.point api live", lambda: stage.cloud.functions.move("api", "live", "2"))
    await stage.promote()
    assert await stage.served("live") == NEW
    assert "functions.point api live" not in stage.cloud.wire.writes


async def test_a_publication_that_stays_unanswered_is_told(stage: Stage) -> None:
    unanswered(stage.cloud.wire, WRITES[1])
    with pytest.raises(Unreachable):
        await stage.deploy()
    assert await stage.served("candidate") == OLD


def strangers_code(stage: Stage) -> None:
    stage.cloud.functions.put("api", STRANGE)


def strangers_configuration(stage: Stage) -> None:
    stage.cloud.functions.configure("api", "c2")


def strangers_candidate(stage: Stage) -> None:
    stage.cloud.functions.move("api", "candidate", "1")


@pytest.mark.parametrize(
    ("call", "write", "says"),
    [
        pytest.param(WRITES[0], strangers_code, ("expected $LATEST at rev-2", "found sha256:eee"), id="code, update"),
        pytest.param(WRITES[0], strangers_configuration, ("expected $LATEST at rev-2",), id="configuration, update"),
        pytest.param(
            WRITES[1], strangers_code, ("$LATEST holds sha256:eee", "expected sha256:fff"), id="code, publish"
        ),
        pytest.param(WRITES[1], strangers_configuration, ("another configuration",), id="configuration, publish"),
        pytest.param(WRITES[2], strangers_candidate, ("expected candidate at 1, found candidate at 1",), id="alias"),
    ],
)
async def test_a_stranger_is_told_and_nothing_more_is_changed(
    stage: Stage, call: str, write: Callable[[Stage], None], says: tuple[str, ...]
) -> None:
    stage.cloud.wire.before(call, lambda: write(stage))
    with pytest.raises(Moved) as raised:
        await stage.deploy()
    assert all(text in raised.value.what for text in says), raised.value.what
    assert raised.value.where == "api"
    assert raised.value.what_next
    assert stage.cloud.wire.writes == WRITES[: WRITES.index(call)]
    assert await stage.served("live") == OLD


async def test_a_stranger_who_moved_live_since_it_was_observed_is_not_overwritten(stage: Stage) -> None:
    await stage.deploy()
    found = await stage.cloud.functions.observe("api", ("live", "candidate"))
    stage.cloud.functions.move("api", "live", "1", {"2": 0.25})
    with pytest.raises(Moved, match="expected live at 1, found live at 1 and 25% at 2"):
        await stage.applier.apply(plan_promotion({"api": found}))
    assert "functions.point api live" not in stage.cloud.wire.writes


async def test_a_stranger_who_did_the_very_same_is_welcome(stage: Stage) -> None:
    await stage.deploy()
    stage.cloud.wire.before("functions.point api live", lambda: stage.cloud.functions.move("api", "live", "2"))
    await stage.promote()
    assert await stage.served("live") == NEW


async def test_a_stranger_behind_a_lost_request_is_not_overwritten(stage: Stage) -> None:
    await stage.deploy()

    def stranger_and_no_answer() -> None:
        stage.cloud.functions.move("api", "live", "1", {"2": 0.5})
        raise Unreachable("no answer")

    stage.cloud.wire.before("functions.point api live", stranger_and_no_answer)
    with pytest.raises(Moved, match="expected live at 1, found live at 1 and 50% at 2"):
        await stage.promote()
    assert "functions.point api live" not in stage.cloud.wire.writes


@pytest.mark.parametrize("lose", ["lose_answer", "lose_request"])
async def test_a_fence_that_is_not_answered_is_up(stage: Stage, lose: str) -> None:
    before = await stage.cloud.functions.observe("api", ("live", "candidate"))
    getattr(stage.cloud.wire, lose)("functions.point api live")
    await fence(stage.cloud.ports, {"api": before}, "taken over", Patience(stage.cloud.pause))
    after = await stage.cloud.functions.observe("api", ("live", "candidate"))
    for name, alias in before.aliases.items():
        assert after.aliases[name].version == alias.version
        assert after.aliases[name].revision != alias.revision


async def test_a_fence_stops_before_who_moved_meanwhile(stage: Stage) -> None:
    before = await stage.cloud.functions.observe("api", ("live", "candidate"))
    await stage.deploy()
    with pytest.raises(Moved, match="expected candidate at 1, found candidate at 2"):
        await fence(stage.cloud.ports, {"api": before}, "taken over", Patience(stage.cloud.pause))


async def test_the_way_back_is_taken_from_wherever_an_alias_stands(stage: Stage) -> None:
    await stage.deploy()
    await stage.promote()
    back = (PointAlias("api", "live", "1"),)
    await stage.applier.apply(back)
    assert await stage.served("live") == OLD
    before = list(stage.cloud.wire.writes)
    await stage.applier.apply(back)
    assert stage.cloud.wire.writes == before


async def test_weights_are_removed_even_where_the_version_stays(stage: Stage) -> None:
    await stage.deploy()
    stage.cloud.functions.move("api", "live", "2", {"1": 0.5})
    await stage.promote()
    found = await stage.cloud.functions.observe("api", ("live",))
    assert (found.aliases["live"].version, found.aliases["live"].weights) == ("2", {})


async def test_an_update_of_before_is_waited_for(stage: Stage) -> None:
    latest = (await stage.cloud.functions.observe("api", ())).latest
    await stage.cloud.functions.update_code("api", f"registry.test/repository@{STRANGE}", latest.revision)
    await stage.deploy()
    assert await stage.served("candidate") == NEW


async def test_an_update_that_fails_is_told_and_tried_anew(stage: Stage) -> None:
    stage.cloud.functions.failing_updates.add("api")
    with pytest.raises(CloudError, match=r"\$LATEST failed: the image is not accessible"):
        await stage.deploy()
    assert stage.cloud.functions.versions("api") == ["1"]
    stage.cloud.functions.failing_updates.clear()
    assert await stage.deploy() == "2"


async def test_what_never_settles_is_given_up(stage: Stage) -> None:
    stage.cloud.functions.delay = SETTLE_SECONDS * 3
    with pytest.raises(CloudError, match=r"\$LATEST is still InProgress after \d+ s"):
        await stage.deploy()
    assert stage.cloud.wire.now < 1000 + SETTLE_SECONDS + 10


async def test_an_alias_that_does_not_exist_is_told() -> None:
    stage = Stage(MemoryCloud())
    stage.cloud.functions.create("api", OLD, aliases=("live",))
    with pytest.raises(NotFound, match="alias candidate does not exist"):
        await stage.deploy()


async def test_observing_leaves_out_optional_functions_only() -> None:
    cloud = MemoryCloud()
    names = {spec.key: spec.name.replace("{env}", "dev") for spec in PIPELINE.functions.values()}
    for key, name in names.items():
        if not PIPELINE.functions[key].optional:
            cloud.functions.create(name, OLD, aliases=("live", "candidate"))
    found = await observe(cloud.ports, PIPELINE, "dev")
    assert list(found) == ["telegram-api", "report-worker", "fund-data-sync"]
    assert found["telegram-api"].name == "dr-daily-report-telegram-api-dev"
    with pytest.raises(NotFound) as raised:
        await observe(cloud.ports, PIPELINE, "prod")
    assert raised.value.what == "function dr-daily-report-telegram-api-prod does not exist"
    assert raised.value.where == "prod/telegram-api"
