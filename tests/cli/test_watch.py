"""`tidegate watch`, as a person calls it: a run of the ledger, and a workflow run of a GitHub on this machine."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.cli.conftest import CommandLine, access
from tests.github.fake import FakeGithub, job_json, run_json, step_json
from tidegate.cli.workflow import news
from tidegate.model.job import Phase
from tidegate.model.workflow import Awaited, Conclusion, Status, WorkflowJob, WorkflowRun
from tidegate.operations.workflow import Sight


@pytest.fixture
def line(tidegate: CommandLine, fake: FakeGithub) -> CommandLine:
    return replace(tidegate, variables=access(fake))


@pytest.mark.parametrize(
    ("conclusion", "code"),
    [("success", 0), ("failure", 1), ("cancelled", 130), ("skipped", 1), ("action_required", 5), ("marvellous", 1)],
)
def test_the_exit_code_is_the_conclusions(line: CommandLine, fake: FakeGithub, conclusion: str, code: int) -> None:
    fake.runs = [run_json(conclusion=conclusion)]
    assert line("watch", "77", "--exit-status").returncode == code
    assert line("watch", "77").returncode == 0


def test_failed_jobs_are_told_with_the_end_of_their_logs(line: CommandLine, fake: FakeGithub) -> None:
    fake.runs = [run_json(conclusion="failure")]
    step = step_json(2, "Deploy", "failure", "07", "09")
    fake.jobs[77] = [job_json(5, "deploy-dev", "completed", "failure", step), job_json(6, "gate")]
    fake.logs[5] = "2026-01-02T03:04:05.1Z set up\n2026-01-02T03:04:08.1Z \x1b[31mit broke\x1b[2J\n"
    done = line("watch", "github", "--exit-status")
    assert done.returncode == 1
    assert "deploy-dev                 failure at Deploy" in done.stderr
    assert "--- deploy-dev, step Deploy\nit broke\\x1b[2J\n" in done.stderr
    assert "set up" not in done.stderr
    assert done.stdout == "workflow run 77 failure\n"
    told = json.loads(line("watch", "--json").stdout)
    assert (told["run"]["conclusion"], told["standing"]["exit_code"]) == ("failure", 1)


@pytest.mark.parametrize(
    ("variables", "name", "code", "told"),
    [
        ({"GH_TOKEN": "old"}, "77", 3, "the token in GH_TOKEN has expired"),
        ({}, "78", 3, "look whether it exists"),
        ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "77", 3, "no answer from GitHub"),
    ],
)
def test_what_github_refuses(
    line: CommandLine, fake: FakeGithub, variables: dict[str, str], name: str, code: int, told: str
) -> None:
    fake.runs = [run_json()]
    done = replace(line, variables=line.variables | variables)("watch", name)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_a_run_of_the_ledger(tidegate: CommandLine) -> None:
    with tidegate.project.ledger() as ledger:
        run = ledger.open_run("c" * 40, "main", None, "test").id
        ledger.run_ended(run, Phase.FAILED, "it broke")
    done = tidegate("watch", "--exit-status")
    assert (done.returncode, done.stdout) == (1, "run 1 failed: it broke\n")
    assert tidegate("watch", run).returncode == 0
    assert tidegate("watch", "9").returncode == 2


def test_ctrl_c_ends_the_watching_and_not_the_run(line: CommandLine, fake: FakeGithub) -> None:
    fake.runs = [run_json(status="in_progress", conclusion=None)]
    command = [sys.executable, "-m", "tidegate", "--repo", str(line.repo), "--home", str(line.home), "watch", "77"]
    variables = {**os.environ, **line.variables}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=variables, text=True) as watching:
        assert watching.stderr
        assert "deploy 77 of telegram" in watching.stderr.readline()
        watching.send_signal(signal.SIGINT)
        assert watching.wait(timeout=60) == 130
        assert watching.stderr.read().splitlines()[-1] == "the watching ends; the run goes on"
    assert not any(line.startswith("POST") for line in fake.asked)


def sight(attempt: int, *jobs: tuple[int, Status, Conclusion], awaited: tuple[Awaited, ...] = ()) -> Sight:
    run = WorkflowRun(77, "deploy", "push", "ma\nin", "c" * 40, Status.IN_PROGRESS, Conclusion.NONE, attempt, 1.0)
    return Sight(run, tuple(WorkflowJob(number, f"job {number}", status, end) for number, status, end in jobs), awaited)


QUEUED = (1, Status.QUEUED, Conclusion.NONE)
BUSY = (1, Status.IN_PROGRESS, Conclusion.NONE)
DONE = (1, Status.COMPLETED, Conclusion.SUCCESS)
ANN = Awaited("prod", ("ann",), may_approve=True)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, sight(1, QUEUED), ["deploy 77 of ma\\nin at ccccccc"]),
        (sight(1, QUEUED), sight(1, QUEUED), []),
        (sight(1, QUEUED), sight(1, BUSY), ["started"]),
        (sight(1, BUSY), sight(1, DONE), ["success"]),
        (sight(1, DONE), sight(1, DONE), []),
        (sight(1, BUSY), sight(1, BUSY, (2, *DONE[1:])), ["success"]),
        (sight(1, DONE), sight(2, DONE), ["attempt 2", "success"]),
        (sight(1), sight(1, awaited=(ANN,)), ["waits for approval by ann (you may)"]),
        (sight(1, awaited=(ANN,)), sight(1, awaited=(ANN,)), []),
        (sight(1), sight(1, awaited=(Awaited("slow", wait_minutes=5),)), ["waits 5 min"]),
    ],
)
def test_what_is_new_is_told_once(before: Sight | None, after: Sight, told: list[str]) -> None:
    lines = list(news(before, after, 2.0))
    assert len(lines) == len(told)
    for text, part in zip(lines, told, strict=True):
        assert part in text
