"""A rendered workflow on machines of its own: each job's lines are run for real, in the order of GitHub's own rules.

A machine has a clean clone, a fresh home and the variables that GitHub sets. It shares nothing with another but the
cloud and the bucket of the ledger. What `uses` an action is done as the action would: a checkout clones, credentials
are those of the embedded cloud. What installs Tidegate is looked at, and Tidegate is there already.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest

from tests.pipeline.browser import chromium
from tests.pipeline.observe import endpoint_of
from tests.pipeline.product import DEADLINE, Product
from tests.pipeline.runners import outputs_in
from tests.workflows.attempt import Attempt, Ended, Result, finish
from tests.workflows.expression import Scope, template
from tests.workflows.repository import Event, Repository, WorkflowRun
from tests.workflows.values import Value, text
from tests.workflows.workflow import Step, Workflow, load_workflow
from tidegate.config.load import load

ROLE = "arn:aws:iam::123456789012:role/tidegate"
SIDE_BY_SIDE = 4
TOOLS = {"actions/setup-python": "python3", "actions/setup-node": "node"} | {
    "hashicorp/setup-terraform": "terraform",
    "actions/setup-go": "go",
}
"""What each action that installs a tool puts on PATH: here the tool must be there already."""
PACKAGES = ("PIP_", "UV_", "npm_config_", "SSL_CERT_", "NODE_EXTRA_CA_CERTS", "TF_CLI_", "HTTPS_PROXY", "NO_PROXY")
"""Variables with such names say where packages come from, and whom to trust for them."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a job left."""

    end: Ended
    log: str


@dataclass
class Hosted:
    """GitHub's machines for one repository.

    Attributes:
        product: Its working copy has every commit that is pushed; its cloud is the one that jobs reach.
        folder: Where the machines are.
        secrets: GitHub environment → its secrets.
        cache: What every machine finds of packages and layers that others fetched; GitHub's machines find nothing.
        logs: Job → its log, of the newest attempt.
    """

    product: Product
    folder: Path
    secrets: dict[str, dict[str, str]]
    cache: Path | None = None
    logs: dict[str, str] = field(default_factory=dict)
    count: int = 0

    @classmethod
    def of(cls, product: Product, folder: Path, cache: Path | None = None) -> "Hosted":
        """Machines for a product whose GitHub environments hold the addresses of its embedded cloud."""
        pipeline = load(product.work)
        secrets = {one.github: product.addresses(name) for name, one in pipeline.environments.items()}
        return cls(product, folder, secrets, cache)

    def carried(self, repository: Repository, run: WorkflowRun) -> Attempt:
        """Carry a run that GitHub has begun, and tell the repository how it ended."""
        attempt = self.carry(run)
        repository.advanced(run, attempt)
        return attempt

    def told(self, attempt: Attempt) -> str:
        """The logs of what failed."""
        return "\n".join(f"--- {name}\n{self.logs[name]}" for name in sorted(results(attempt, Result.FAILURE)))

    def carry(self, run: WorkflowRun) -> Attempt:
        """Do all that a run still has to do; jobs that need not wait for each other run side by side."""
        attempt = run.attempt
        assert attempt is not None
        doing: dict[Future[Left], str] = {}
        with ThreadPoolExecutor(SIDE_BY_SIDE) as machines:
            while attempt.running:
                for name in sorted(attempt.running - set(doing.values())):
                    doing[machines.submit(self._job, attempt, run, name, self._place(run, name))] = name
                for future in wait(doing, return_when=FIRST_COMPLETED).done:
                    name, left = doing.pop(future), future.result()
                    self.logs[name] = left.log
                    attempt = finish(attempt, name, left.end.result, left.end.outputs)
        return attempt

    def _place(self, run: WorkflowRun, name: str) -> Path:
        self.count += 1
        place = self.folder / f"{run.id}-{self.count}-{name}"
        (place / "home").mkdir(parents=True)
        return place

    def _job(self, attempt: Attempt, run: WorkflowRun, name: str, place: Path) -> Left:
        job = attempt.workflow.jobs[name]
        assert not any(step.condition or step.folder or step.shell for step in job.steps), "not simulated"
        contexts: dict[str, Value] = {
            **attempt.contexts,
            "needs": {need: attempt.ended[need].value for need in job.needs},
            "secrets": dict(self.secrets.get(job.environment, {})),
            "vars": {"AWS_ROLE_ARN": ROLE},
            "steps": {},
        }
        env = {**_machine(place), **_github(run, attempt, name, place, self._payload(run.event))}
        log, told = "", dict[str, Value]()
        for step in job.steps:
            given = _filled({**attempt.workflow.env, **job.env, **step.env}, contexts)
            if "TIDEGATE_CLOUD" in given:  # the one thing that is not as rendered: it is not AWS
                given["TIDEGATE_CLOUD"] = endpoint_of(self.product)
            code, said = self._step(step, run.event, {**env, **given}, contexts, env)
            log += said
            if code:
                return Left(Ended(Result.FAILURE), log)
            if step.id:
                told[step.id] = {"outputs": dict(outputs_in((place / "output").read_text(encoding="utf-8")))}
                contexts["steps"] = told
        return Left(Ended(Result.SUCCESS, _filled(job.outputs, contexts)), log)

    def _step(
        self, step: Step, event: Event, env: Mapping[str, str], contexts: Mapping[str, Value], kept: dict[str, str]
    ) -> tuple[int, str]:
        clone = Path(env["GITHUB_WORKSPACE"])
        if step.run.startswith("python -m pip install"):
            assert (clone / step.run.split()[-1]).exists(), f"{step.run}: not in the commit"
            return 0, ""
        if step.run:
            done = subprocess.run(
                ["bash", "-e", "-c", step.run],
                cwd=clone,
                env=dict(env),
                capture_output=True,
                text=True,
                check=False,
                timeout=DEADLINE,
            )
            assert "Traceback" not in done.stderr, done.stderr
            return done.returncode, f"$ {step.run}\n{done.stdout}{done.stderr}"
        match step.uses.partition("@")[0]:
            case "actions/checkout":
                self._check_out(event, clone, step)
            case "aws-actions/configure-aws-credentials":
                assert _filled(step.given, contexts)["role-to-assume"] == ROLE
                kept |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
                kept["AWS_REGION"] = step.given["aws-region"]
            case other:
                assert other in TOOLS, f"{other}: not simulated"
                if not shutil.which(TOOLS[other], path=env["PATH"]):
                    return 1, f"{TOOLS[other]} is not on PATH\n"
        return 0, ""

    def _check_out(self, event: Event, clone: Path, step: Step) -> None:
        assert step.given["fetch-depth"] == "0"
        source = str(self.product.work)
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", source, str(clone)], check=True)
        branch = ["--detach"] if event.kind == "pull_request" else ["-B", event.branch]
        subprocess.run(["git", "checkout", "--quiet", *branch, event.sha], cwd=clone, check=True)
        if self.cache:
            (clone / ".tidegate").mkdir()
            (clone / ".tidegate/cache").symlink_to(self.cache)

    def _payload(self, event: Event) -> dict[str, object]:
        """The event's file, as far as it is read."""
        if event.kind != "pull_request":
            return {"inputs": dict(event.inputs)} if event.inputs else {}
        base = self.product.git("rev-parse", f"origin/{event.branch}").strip()
        return {"pull_request": {"base": {"sha": base}, "head": {"repo": {"full_name": event.repository}}}}


def results(attempt: Attempt, result: Result) -> set[str]:
    """Jobs that ended in one way."""
    return {name for name, end in attempt.ended.items() if end.result is result}


def rendered(product: Product) -> tuple[Workflow, ...]:
    """The workflow files of a product's working copy, as GitHub reads them."""
    folder = product.work / ".github/workflows"
    return tuple(load_workflow(file.read_text("utf-8"), file.name) for file in sorted(folder.iterdir()))


@contextlib.contextmanager
def ledger_in_bucket(product: Product) -> Iterator[None]:
    """An empty bucket for the ledger that the product's workflows name, which this process asks too while it lasts."""
    pipeline = load(product.work)
    assert pipeline.actions
    endpoint, ledger = endpoint_of(product), pipeline.actions.ledger
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket=ledger.removeprefix("s3://"))
    client.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEGATE_LEDGER", ledger)
        patch.setenv("TIDEGATE_CLOUD", endpoint)
        yield


def _filled(given: Mapping[str, str], contexts: Mapping[str, Value]) -> dict[str, str]:
    return {name: text(template(value)(Scope(contexts))) for name, value in given.items()}


def _machine(place: Path) -> dict[str, str]:
    """What every process on a machine has; of this one's own variables only where programs and packages are."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    assert shutil.which("tidegate", path=path), "Tidegate is not installed here"
    found = {
        "PATH": path,
        "HOME": str(place / "home"),
        "LANG": "C.UTF-8",
        "CI": "true",
        "TMPDIR": tempfile.gettempdir(),
    }
    found |= {name: value for name, value in os.environ.items() if name.startswith(PACKAGES)}
    browser = chromium()
    return found | ({"E2E_CHROMIUM": browser} if browser else {})


def _github(
    run: WorkflowRun, attempt: Attempt, name: str, place: Path, payload: Mapping[str, object]
) -> dict[str, str]:
    """Source: docs.github.com, reference/workflows-and-actions/variables#default-environment-variables."""
    event = run.event
    (place / "event.json").write_text(json.dumps(payload), encoding="utf-8")
    pull = event.kind == "pull_request"
    for file in ("output", "summary"):
        (place / file).touch()
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": event.actor,
        "GITHUB_BASE_REF": event.branch if pull else "",
        "GITHUB_EVENT_NAME": event.kind,
        "GITHUB_EVENT_PATH": str(place / "event.json"),
        "GITHUB_JOB": name,
        "GITHUB_OUTPUT": str(place / "output"),
        "GITHUB_REF_NAME": f"{run.id}/merge" if pull else event.branch,
        "GITHUB_REPOSITORY": event.repository,
        "GITHUB_RUN_ATTEMPT": str(attempt.number),
        "GITHUB_RUN_ID": str(run.id),
        "GITHUB_SHA": event.sha,
        "GITHUB_STEP_SUMMARY": str(place / "summary"),
        "GITHUB_WORKSPACE": str(place / "clone"),
    }
