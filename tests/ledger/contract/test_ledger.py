"""The typed ledger on every store, and in several processes at once."""

import json
from collections.abc import Callable

import pytest

from tests.ledger.contract.conftest import SHARED
from tests.ledger.contract.racing import race
from tidegate.errors import Locked
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.refusals import Unknown
from tidegate.ledger.store import Store
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan
from tidegate.model.record import JobEnded, JobStarted, Noted
from tidegate.model.release import Artifact, Release

PLAN = Plan(
    commit="c1",
    base="c0",
    jobs=(
        Job("detect-changes", Duty.DETECT, reason="always"),
        Job("build", Duty.BUILD, needs=("detect-changes",), reason="backend changed"),
        Job("deploy-dev", Duty.DEPLOY, needs=("build",), environment="dev", prepare_after=("build",)),
    ),
    images=("app",),
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(store: Store, clock: Clock) -> Ledger:
    return Ledger(store, clock)


def again(ledger: Ledger, clock: Clock) -> Ledger:
    """The same ledger as another process sees it: nothing remembered."""
    return Ledger(ledger._journal.store, clock)


def test_a_run_from_push_to_end(ledger: Ledger, clock: Clock) -> None:
    run = ledger.open_run("c1", "main", "c0", "git push", PLAN)
    assert (run.id, run.phase, run.plan, list(run.jobs)) == (
        "1",
        Phase.PENDING,
        PLAN,
        ["detect-changes", "build", "deploy-dev"],
    )
    ledger.run_started("1", 4711, "laptop", "boot:99")
    ledger.job_started("1", "build", 1_010.0)
    ledger.step_intended("1", "build", "push app", {"digest": "sha256:1"})
    ledger.step_done("1", "build", "push app", ["pushed", 3])
    clock.now = 1_012.5
    ledger.job_ended("1", "build", JobReport(Phase.SUCCEEDED, "1 image", {"app": {"digest": "sha256:1"}}))
    ledger.note("1", "build", "3 layers reused")
    ended = ledger.run_ended("1", Phase.FAILED, "deploy-dev failed")
    view = again(ledger, clock).run("1")
    assert view == ended == ledger.run("1")
    assert (view.phase, view.reason, view.ended, view.created) == (Phase.FAILED, "deploy-dev failed", 1_012.5, 1_000.0)
    assert [(attempt.pid, attempt.host, attempt.born) for attempt in view.attempts] == [(4711, "laptop", "boot:99")]
    build = view.jobs["build"]
    assert (build.phase, build.seconds, build.detail) == (Phase.SUCCEEDED, 2.5, "1 image")
    assert build.outcome == {"app": {"digest": "sha256:1"}}
    assert [(step.name, step.outcome) for step in build.steps] == [("push app", ["pushed", 3])]
    assert [note.text for note in view.notes] == ["3 layers reused"]


def test_ids_ascend_and_the_latest_run_comes_first(ledger: Ledger, clock: Clock) -> None:
    for number in range(12):
        ledger.open_run(f"c{number}", "main", None, "push")
    assert [run.id for run in ledger.runs(3)] == ["12", "11", "10"]
    assert [run.id for run in again(ledger, clock).runs()] == [str(number) for number in range(12, 0, -1)]
    assert ledger.runs(0) == []


def test_another_process_sees_and_continues_a_run(ledger: Ledger, clock: Clock) -> None:
    other = again(ledger, clock)
    run = ledger.open_run("c1", "main", None, "push", PLAN).id
    assert other.run(run).phase is Phase.PENDING
    ledger.job_started(run, "build")
    other.note(run, "", "from the other")
    ledger.job_ended(run, "build", JobReport(Phase.SUCCEEDED))
    assert other.run(run) == ledger.run(run)
    assert other.run(run).jobs["build"].phase is Phase.SUCCEEDED
    assert ledger.verify() == []


@pytest.mark.parametrize("run", ["1", "2", "0", "01", "", "x", "../1", "１"])  # noqa: RUF001  # a digit, but not ours
def test_an_unknown_run_is_refused(ledger: Ledger, run: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: ledger.run(run),
        lambda: ledger.job_started(run, "build"),
        lambda: ledger.run_ended(run, Phase.FAILED),
    ]
    for call in calls:
        with pytest.raises(Unknown, match="there is no run") as refused:
            call()
        assert refused.value.exit_code == 2
    assert ledger.runs() == []


def test_a_run_whose_process_died_before_its_stream_began_is_shown(store: Store, ledger: Ledger, clock: Clock) -> None:
    ledger.open_run("c1", "main", "c0", "push")
    other = Ledger(store, clock)
    other._journal.append("runs", store.read("runs")[0].body.partition(b"\n")[2].replace(b'"id":"1"', b'"id":"2"'))
    view = ledger.run("2")
    assert (view.id, view.commit, view.phase, view.seq) == ("2", "c1", Phase.PENDING, 0)
    assert [run.id for run in ledger.runs()] == ["2", "1"]
    assert ledger.open_run("c2", "main", "c0", "push").id == "3"


def test_tail_tells_what_is_new(ledger: Ledger, clock: Clock) -> None:
    run = ledger.open_run("c1", "main", None, "push", PLAN)
    assert ledger.tail(run.id, run.seq) == []
    clock.now = 5.0
    ledger.job_started(run.id, "build")
    assert again(ledger, clock).tail(run.id, run.seq) == [(run.seq + 1, JobStarted("build", 5.0))]
    ledger.note(run.id, "build", "text")
    ledger.job_ended(run.id, "build", JobReport(Phase.SUCCEEDED))
    news = ledger.tail(run.id, run.seq + 1)
    assert news == [
        (run.seq + 2, Noted("build", "text", 5.0)),
        (run.seq + 3, JobEnded("build", Phase.SUCCEEDED, 5.0)),
    ]
    assert len(ledger.tail(run.id)) == run.seq + 3


def test_an_outcome_that_json_does_not_have_is_refused_and_not_written(ledger: Ledger) -> None:
    run = ledger.open_run("c1", "main", None, "push").id
    before = ledger.run(run)
    for value, error in ((object(), TypeError), ({1, 2}, TypeError), (b"x", TypeError), (float("nan"), ValueError)):
        with pytest.raises(error):
            ledger.job_ended(run, "build", JobReport(Phase.SUCCEEDED, outcome={"value": value}))
    assert ledger.run(run) == before


def test_releases_get_ascending_ids(ledger: Ledger, clock: Clock) -> None:
    assert ledger.last_release() is None
    image = Artifact("app", "sha256:1", "c1", "repository", "sha-c1")
    first = ledger.add_release(Release("", "c1", "1", 0.0, {"app": image}, Artifact("site", "sha256:2", "c1", "p")))
    second = ledger.add_release(Release("", "c2", "2", 77.0, {"app": image}))
    assert (first.id, first.created, second.id, second.created) == ("r1", 1_000.0, "r2", 77.0)
    other = again(ledger, clock)
    assert other.release("r1") == first
    assert other.releases() == [second, first]
    assert other.releases(1) == [second]
    assert other.last_release() == second
    assert other.release_of("1") == first
    assert other.release_of("9") is None


@pytest.mark.parametrize("name", ["r2", "r0", "r01", "1", "", "r", "r1 ", "r-1"])
def test_an_unknown_release_is_refused(ledger: Ledger, name: str) -> None:
    ledger.add_release(Release("", "c1", "1", 0.0))
    with pytest.raises(Unknown, match="there is no release"):
        ledger.release(name)


def test_a_resumed_run_gets_the_release_that_it_made(ledger: Ledger, clock: Clock) -> None:
    image = Artifact("app", "sha256:1", "c1", "repository")
    made = ledger.add_release(Release("", "c1", "1", 0.0, {"app": image}))
    clock.now += 60
    assert again(ledger, clock).add_release(Release("", "c1", "1", 0.0, {"app": image})) == made
    assert ledger.add_release(Release("", "c1", "2", 0.0, {"app": image})).id == "r2"
    assert ledger.add_release(Release("", "c1", "1", 0.0)).id == "r3"


def test_expected_seconds_are_the_median_of_the_last_ten_successes(ledger: Ledger, clock: Clock) -> None:
    assert ledger.expected_seconds("build") is None
    for number in range(14):
        run = ledger.open_run("c", "main", None, "push").id
        ledger.job_started(run, "build", 0.0)
        phase = Phase.FAILED if number == 13 else Phase.SUCCEEDED
        ledger.job_ended(run, "build", JobReport(phase), float(number))
        ledger.job_ended(run, "skipped", JobReport(Phase.SATISFIED), 5.0)
        ledger.run_ended(run, phase)
    assert ledger.times("build") == tuple(float(number) for number in range(3, 13))
    assert ledger.expected_seconds("build") == 7.5
    assert again(ledger, clock).expected_times() == {"build": 7.5}


def test_a_resumed_run_counts_once(ledger: Ledger) -> None:
    run = ledger.open_run("c", "main", None, "push").id
    for seconds in (4.0, 6.0):
        ledger.run_started(run, 1, "here")
        ledger.job_started(run, "build", 0.0)
        ledger.job_ended(run, "build", JobReport(Phase.SUCCEEDED), seconds)
        ledger.run_ended(run, Phase.SUCCEEDED)
    assert ledger.times("build") == (6.0,)


def test_an_environment_through_two_releases_and_back(ledger: Ledger, clock: Clock) -> None:
    assert ledger.environment("prod").live == ""
    for run, release in (("1", "r1"), ("2", "r2")):
        ledger.acquire("prod", run, "p", "deploy", 60)
        ledger.record_intent("prod", run, release, {"functions": {"api": f"before {release}"}})
        ledger.record_pointer("prod", run, "api live", "1", "2")
        ledger.went_live("prod", run, release, {"functions": {"api": release}})
        ledger.release_lock("prod", run)
    view = again(ledger, clock).environment("prod")
    assert (view.live, view.previous, view.since, view.lock) == ("r2", ("r1",), 1_000.0, None)
    assert view.pointers == {
        "r1": {"functions": {"api": "r1"}},
        "r2": {"functions": {"api": "r2"}},
    }
    rolled = ledger.rolled_back("prod", "r1", "ada", "slow", run="3")
    assert rolled.live == "r1"
    assert rolled.pinned
    assert rolled.pinned.by == "ada"
    assert again(ledger, clock).environment("prod") == rolled
    assert ledger.environments() == ["prod"]
    assert ledger.unpin("prod", "ada", "fixed")
    assert not ledger.unpin("prod", "ada")
    assert ledger.environment("prod").pinned is None


def test_a_lock_holds_between_processes(ledger: Ledger, clock: Clock) -> None:
    other = again(ledger, clock)
    ledger.acquire("prod", "1", "laptop:7", "deploy r1", 60)
    with pytest.raises(Locked, match=r"run 1 \(laptop:7\) since 1970-01-01 00:16:40 UTC: deploy r1") as refused:
        other.acquire("prod", "2", "laptop:8", "deploy r2", 60)
    assert "00:17:40" in refused.value.what_next
    clock.now += 61
    taken = other.acquire("prod", "2", "laptop:8", "deploy r2", 60)
    assert (taken.taken_run, taken.taken_holder, taken.must_fence) == ("1", "laptop:7", True)
    for call in (
        lambda: ledger.renew("prod", "1", "laptop:7", 60),
        lambda: ledger.record_intent("prod", "1", "r1", {}),
        lambda: ledger.record_pointer("prod", "1", "api", 1, 2),
        lambda: ledger.went_live("prod", "1", "r1"),
        lambda: ledger.put_back("prod", "1", "x"),
        lambda: ledger.release_lock("prod", "1"),
    ):
        with pytest.raises(Locked, match="held by run 2"):
            call()
    assert other.environment("prod").live == ""


OPENERS = """
import json, sys
from tidegate.errors import Locked
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import JobReport, Phase
from tidegate.model.release import Release
ledger = Ledger({store}, lambda: 0.0)
name = sys.argv[1]
# START
runs, releases, turns = [], [], 0
for number in range(15):
    run = ledger.open_run(name, "main", None, "push").id
    runs.append(run)
    ledger.job_started(run, "job")
    ledger.job_ended(run, "job", JobReport(Phase.SUCCEEDED))
    ledger.note("1", name, str(number))
    releases.append(ledger.add_release(Release("", name, run, 1.0)).id)
    try:
        ledger.acquire("prod", run, name, "", 60)
    except Locked:
        continue
    ledger.record_intent("prod", run, releases[-1], None)
    ledger.went_live("prod", run, releases[-1])
    ledger.release_lock("prod", run)
    turns += 1
ledger.close()
print(json.dumps([runs, releases, turns]))
"""


@pytest.mark.parametrize("shelf", SHARED, indirect=True)
def test_processes_share_a_ledger(ledger: Ledger, shared: str) -> None:
    ledger.open_run("first", "main", None, "push")
    told = [json.loads(answer) for answer in race(OPENERS.format(store=shared), ["a", "b", "c"])]
    runs = [run for own, _, _ in told for run in own]
    releases = [release for _, own, _ in told for release in own]
    assert sorted(map(int, runs)) == list(range(2, 47))
    assert sorted(int(release[1:]) for release in releases) == list(range(1, 46))
    assert ledger.verify() == []
    notes = ledger.run("1").notes
    for name, (own, made, _) in zip("abc", told, strict=True):
        assert [note.text for note in notes if note.job == name] == [str(number) for number in range(15)]
        assert all(ledger.run(run).commit == name for run in own)
        assert all(ledger.release(release).commit == name for release in made)
    history = ledger.environment("prod").history
    assert sum(entry.kind == "went-live" for entry in history) == sum(turns for _, _, turns in told) > 0
    assert [entry.run for entry in history[::2]] == [entry.run for entry in history[1::2]]
    assert ledger.environment("prod").lock is None


def test_what_code_expects_is_kept_once_and_found_by_every_process(ledger: Ledger, clock: Clock) -> None:
    document = {"tables": [{"name": "funds", "columns": ["isin", "name"]}]}
    digest = ledger.keep_expectation(document)
    assert digest == again(ledger, clock).keep_expectation({"tables": document["tables"]})
    assert again(ledger, clock).expectation(digest) == document
    assert ledger.keep_expectation({"tables": []}) != digest
    assert ledger.verify() == []
    with pytest.raises(Unknown, match="does not hold the expectation"):
        ledger.expectation("sha256:0000")
