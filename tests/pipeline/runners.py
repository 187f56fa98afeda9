"""Runners as GitHub Actions has them: every job a process of its own, in a clean clone, with GitHub's variables."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.pipeline.observe import endpoint_of
from tests.pipeline.product import DEADLINE, Product

REPOSITORY = "acme/shop"
_FOREIGN = ("GITHUB_", "TIDEGATE_", "ACTIONS_", "AWS_", "CLOUDFRONT_", "TELEGRAM_", "WEBAPP_")


@dataclass
class Done:
    """What a job's process left."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str


@dataclass
class Runners:
    """One workflow run's runners.

    Attributes:
        product: What is deployed; its cloud, and its ledger, are all that the jobs share.
        folder: Where clones and files of the jobs are.
        number: The workflow run.
        attempt: Which attempt of it.
        event: What started it.
        payload: The event.
        results: Job → its result, as `needs` has it.
    """

    product: Product
    folder: Path
    number: int
    attempt: int = 1
    event: str = "push"
    payload: dict[str, object] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    run: str = ""
    jobs: list[str] = field(default_factory=list)
    count: int = 0

    def detect(self) -> Done:
        done = self.job("detect-changes")
        if done.code == 0:
            self.run, self.jobs = done.outputs["run"], json.loads(done.outputs["jobs"])
        return done

    def job(self, name: str, **variables: str) -> Done:
        """One job: `tidegate job NAME` on a machine that nothing else ran on."""
        place, env = self._machine(name, variables)
        done = subprocess.run(
            self.command(name, place), env=env, capture_output=True, text=True, check=False, timeout=DEADLINE
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        self.results[name] = "success" if done.returncode == 0 else "failure"
        assert done.stderr == "", "what a runner may take for a command"
        return Done(
            done.returncode,
            done.stdout + done.stderr,
            outputs_in((place / "output").read_text(encoding="utf-8")),
            (place / "summary").read_text(encoding="utf-8"),
        )

    def start(self, name: str, **variables: str) -> "subprocess.Popen[bytes]":
        """A job that goes on by itself."""
        place, env = self._machine(name, variables)
        with (place / "log").open("wb") as log:
            return subprocess.Popen(self.command(name, place), env=env, stdout=log, stderr=log)

    def all(self) -> dict[str, Done]:
        """A whole attempt, in the order of the plan and by the conditions of the workflow; then its gate."""
        done = {"detect-changes": self.detect()}
        if done["detect-changes"].code == 0:
            self.rest(done)
        done["gate"] = self.gate()
        return done

    def rest(self, done: dict[str, Done]) -> None:
        plan = self.product.run(self.run).plan
        assert plan
        before: dict[str, set[str]] = {}
        for job in plan.jobs:
            before[job.name] = set(job.needs).union(*(before[need] for need in job.needs))
            if job.name == "detect-changes" or self.results.get(job.name) == "success":
                continue
            stopped = {"failure", "cancelled"} & {self.results.get(name, "") for name in before[job.name]}
            if stopped or job.name not in self.jobs:
                self.results[job.name] = "skipped"
                continue
            done[job.name] = self.job(job.name)
        for environment in dict.fromkeys(job.environment for job in plan.jobs if job.environment):
            own = {self.results[job.name] for job in plan.jobs if job.environment == environment}
            if own & {"failure", "cancelled"}:
                done[f"put-back-{environment}"] = self.job(f"put-back-{environment}")

    def gate(self) -> Done:
        needs = {name: {"result": result, "outputs": {}} for name, result in self.results.items() if name != "gate"}
        return self.job("gate", TIDEGATE_NEEDS=json.dumps(needs))

    def again(self) -> "Runners":
        """Those of the next attempt, which runs the failed jobs again and what was skipped behind them."""
        passed = {name: "success" for name, result in self.results.items() if result == "success" and name != "gate"}
        return Runners(
            self.product,
            self.folder,
            self.number,
            self.attempt + 1,
            self.event,
            self.payload,
            {name: result for name, result in passed.items() if not name.startswith("put-back")},
            self.run,
            self.jobs,
        )

    def command(self, name: str, place: Path) -> list[str]:
        home = self.product.home.root
        options = ["--repo", str(place / "clone"), "--home", str(home)]
        return [sys.executable, "-m", "tidegate", *options, "job", name]

    def _machine(self, name: str, variables: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
        self.count += 1
        place = self.folder / f"{self.number}-{self.attempt}-{self.count}-{name}"
        place.mkdir(parents=True)
        head = self.product.head()
        subprocess.run(["git", "clone", "--quiet", str(self.product.work), str(place / "clone")], check=True)
        event = place / "event.json"
        event.write_text(json.dumps(self.payload), encoding="utf-8")
        for file in ("output", "summary"):
            (place / file).touch()
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
        return place, {
            **inherited,
            "HOME": str(place),
            "TIDEGATE_CLOUD": endpoint_of(self.product),
            **({"TIDEGATE_RUN": self.run} if self.run else {}),
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(self.number),
            "GITHUB_RUN_ATTEMPT": str(self.attempt),
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SHA": head,
            "GITHUB_REF_NAME": "telegram",
            "GITHUB_ACTOR": "ann",
            "GITHUB_OUTPUT": str(place / "output"),
            "GITHUB_STEP_SUMMARY": str(place / "summary"),
            **variables,
        }


def outputs_in(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = text.splitlines()
    while lines:
        name, _, end = lines.pop(0).partition("<<")
        stop = lines.index(end)
        found[name] = "\n".join(lines[:stop])
        lines = lines[stop + 1 :]
    return found
