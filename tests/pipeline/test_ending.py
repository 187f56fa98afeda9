"""Runs ended from outside, by a limit or by want of space: one release, nothing left, and the ledger says so."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.pipeline.kills import Runner
from tests.pipeline.lighter import WITHOUT_SKEW, lighter
from tests.pipeline.observe import Serving, endpoint_of, observe
from tests.pipeline.product import Product, explain, product_on_stage
from tests.pipeline.trail import trail_of
from tidegate.model.job import Phase
from tidegate.operations.status import run_status

pytestmark = pytest.mark.pipeline

LIVE = r"^PUT .*-dev/aliases/live$"
READ = r"^GET .*-dev/aliases"
SMALL = 8 << 20
"""Bytes of the file system under a ledger."""

End = Callable[[Runner], int]
"""Ends a run, or waits for its end; returns the exit code."""


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """While this file is absent, gates and builds never end."""
    file = tmp_path_factory.mktemp("go") / "go"
    file.touch()
    return file


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path, go: Path) -> Iterator[Product]:
    tests = "pytest tests/e2e -m contract -k healthy"
    change = lighter(
        WITHOUT_SKEW,
        (f"run: {tests}", f"run: 'test -e {go} || (sleep 1000 & sleep 1000); {tests}'"),
        (
            "path: frontend/twinbar\n",
            f"path: frontend/twinbar\n  build: sh -ec 'test -e {go} || sleep 1000; npm run build'\n",
        ),
        environments="  dev: {github: development}\n",
    )
    with product_on_stage(tmp_path_factory.mktemp("ending"), shared_cache, change) as one:
        yield one


@pytest.fixture(scope="module")
def served(product: Product) -> Serving:
    """What dev serves, and must go on serving."""
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    return observe(product, "dev")


@pytest.fixture
def runner(product: Product, served: Serving, go: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """What will walk the next push; gates and builds end again when the test is over."""
    with trail_of(endpoint_of(product)) as trail:
        monkeypatch.setenv("TIDEGATE_CLOUD", trail.endpoint)
        one = Runner(product, trail)
        yield one
        trail.let_go()
        go.touch()
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def interrupted(runner: Runner) -> int:
    return runner.end(runner.interrupt)


def cancelled(runner: Runner) -> int:
    return runner.end(runner.cancel)


def timed_out(runner: Runner) -> int:
    return runner.end(lambda: None)


def push(product: Product, name: str, limits: str = "") -> str:
    """Commit a change of the backend, with limits of jobs, and bring it to where runners find it."""
    file = product.work / "tidegate.yaml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("timeouts:")]
    file.write_text("\n".join([*lines, *([f"timeouts: {{{limits}}}"] if limits else []), ""]))
    product.write("src/changed.py", f"# {name}\n")
    commit = product.commit(name)
    product.push_quietly()
    return commit


def stands_as_before(product: Product, served: Serving, run: str) -> None:
    """Dev serves the release that it served, nobody holds it, and the ledger and people are told so."""
    found = observe(product, "dev")
    assert (found.commit, found.page, found.functions) == (served.commit, served.page, served.functions)
    status = product.status()["dev"]
    assert (status["release"], status["holder"]) == ("r1", "")
    view, _ = run_status(product.stage.project, run)
    assert view.shown == view.phase.value
    assert all(job.phase is not Phase.RUNNING for job in view.jobs.values())


@pytest.mark.parametrize(
    ("end", "limits", "phase"),
    [
        pytest.param(interrupted, "", Phase.CANCELLED, id="Ctrl-C"),
        pytest.param(cancelled, "", Phase.CANCELLED, id="cancel"),
        pytest.param(timed_out, "e2e-test: 20s", Phase.FAILED, id="limit"),
    ],
)
def test_in_the_middle_of_a_gate_whose_command_has_children(
    product: Product, served: Serving, runner: Runner, go: Path, end: End, limits: str, phase: Phase
) -> None:
    push(product, f"{end.__name__} in a gate", limits)
    go.unlink()
    runner.start()
    runner.wait_for(lambda: len(runner.working("sleep", "1000")) == 2)
    assert end(runner) == (1 if limits else 130), runner.said
    run = product.run(runner.run)
    assert (run.phase, run.jobs["e2e-test-dev"].phase) == (phase, phase), explain(product, run)
    assert run.jobs["e2e-test-dev"].detail == ("e2e-test-dev timed out after 20s" if limits else "cancelled")
    assert "Traceback" not in runner.said
    stands_as_before(product, served, runner.run)


@pytest.mark.parametrize("end", [pytest.param(interrupted, id="Ctrl-C"), pytest.param(cancelled, id="cancel")])
def test_in_the_middle_of_a_promotion(product: Product, served: Serving, runner: Runner, end: End) -> None:
    """The writes that are under way arrive after the runner was told to end."""
    push(product, f"{end.__name__} in a promotion")
    under_way = runner.trail.delay(LIVE, nth=2)
    runner.start()
    runner.wait_for(under_way.reached.is_set)
    assert end(runner) == 130, runner.said
    run = product.run(runner.run)
    assert (run.phase, run.jobs["promote-dev"].phase) == (Phase.CANCELLED, Phase.CANCELLED), explain(product, run)
    assert any(note.text.startswith("put back:") for note in run.notes)
    stands_as_before(product, served, runner.run)


def test_a_promotion_that_takes_too_long_is_put_back_and_a_resume_goes_on(
    product: Product, served: Serving, runner: Runner
) -> None:
    commit = push(product, "a limit in a promotion", "promote: 20s")
    under_way = runner.trail.delay(LIVE, nth=2)
    runner.start()
    runner.wait_for(under_way.reached.is_set)
    runner.trail.delay(READ)  # the job does not come to its end, though all of its writes do
    under_way.gone.set()
    runner.wait_for(lambda: product.run(runner.run).jobs["promote-dev"].phase is Phase.FAILED)
    assert timed_out(runner) == 1, runner.said
    run = product.run(runner.run)
    assert run.jobs["promote-dev"].detail == "promote-dev timed out after 20s"
    assert any(note.text.startswith("put back:") for note in run.notes)
    stands_as_before(product, served, runner.run)
    runner.resume()
    assert runner.process.wait(timeout=120) == 0, runner.said
    assert observe(product, "dev").commit == commit


def test_a_gate_whose_command_is_killed_has_failed_and_a_resume_does_it_again(
    product: Product, served: Serving, runner: Runner, go: Path
) -> None:
    before = observe(product, "dev")
    commit = push(product, "a killed gate")
    go.unlink()
    runner.start()
    runner.wait_for(lambda: len(runner.working("sleep", "1000")) == 2)
    assert runner.end(lambda: _kill(runner.working("sh", "-e", "-c"))) == 1, runner.said
    failed = product.run(runner.run).jobs["e2e-test-dev"]
    assert failed.phase is Phase.FAILED
    assert "SIGKILL: somebody killed it, or memory ran out" in failed.failure["what"]
    assert observe(product, "dev").functions == before.functions
    go.touch()
    runner.resume()
    assert runner.process.wait(timeout=120) == 0, runner.said
    assert observe(product, "dev").commit == commit
    assert product.run(runner.run).jobs["build"].attempts == 1, "what was built is not built again"


def test_a_build_whose_command_is_killed_has_failed_and_a_resume_does_it_again(
    product: Product, served: Serving, runner: Runner, go: Path
) -> None:
    before = observe(product, "dev")
    product.replace("frontend/twinbar/index.html", "<title>", "<!-- another page --><title>")
    commit = push(product, "a killed build")
    go.unlink()
    runner.start()
    runner.wait_for(lambda: len(runner.working("sleep", "1000")) == 1)
    assert runner.end(lambda: _kill(runner.working("sleep", "1000"))) == 1, runner.said
    failed = product.run(runner.run).jobs["build-frontend"]
    assert failed.phase is Phase.FAILED
    assert "SIGKILL" in failed.failure["what"], failed.failure
    assert observe(product, "dev") == before
    go.touch()
    runner.resume()
    assert runner.process.wait(timeout=120) == 0, runner.said
    after = observe(product, "dev")
    assert after.commit == commit
    assert after.page != before.page


def test_a_ledger_without_space_breaks_a_run_off_and_a_resume_with_space_ends_it(
    product: Product, served: Serving, runner: Runner
) -> None:
    before = observe(product, "dev")
    commit = push(product, "a full disk")
    with _small_disk_under(product.home.ledger) as filler:
        under_way = runner.trail.delay(LIVE, nth=2)
        runner.start()
        runner.wait_for(under_way.reached.is_set)
        _fill(filler)
        assert runner.end(lambda: None) == 4, runner.said
        assert "the disk is full; nothing was written" in runner.said
        assert "make room, then resume" in runner.said
        assert "Traceback" not in runner.said
        view, _ = run_status(product.stage.project, runner.run)
        assert view.shown == "interrupted"
        assert f"`tidegate resume {runner.run}`" in product.status()["dev"]["holder"]
        filler.unlink()
        runner.resume()
        assert runner.process.wait(timeout=120) == 0, runner.said
        assert product.status()["dev"]["holder"] == ""
    after = observe(product, "dev")
    assert after.commit == commit
    for function, versions in after.versions.items():
        moved = after.functions[function] != before.functions[function]
        assert len(versions) == len(before.versions[function]) + moved, f"{function} was published twice: {versions}"
    assert before.functions != after.functions


def _kill(processes: list[psutil.Process]) -> None:
    assert processes
    for process in processes:
        process.kill()


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))


@contextlib.contextmanager
def _small_disk_under(ledger: Path) -> Iterator[Path]:
    """The ledger on a small file system of its own, and a file beside it that can fill it."""
    disk = ledger.with_name("disk")
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tidegate-test", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system can be mounted by root alone")
    try:
        moved = disk / "ledger.db"
        moved.write_bytes(ledger.read_bytes())
        ledger.unlink()
        ledger.symlink_to(moved)
        yield disk / "filler"
        kept = moved.read_bytes()
        ledger.unlink()
        ledger.write_bytes(kept)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()
