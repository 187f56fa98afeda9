"""The small product with a database: releases with migrations, and handlers that need what is applied."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.execute.shops import PIPELINE, Shop, answer
from tests.memory_databases import HISTORY, Server
from tidegate.cloud.ports import Answer
from tidegate.execute.workshop import Edition, Workshop
from tidegate.model.database import DatabaseSpec, Engine
from tidegate.model.job import Plan
from tidegate.model.pipeline import Component, Pipeline
from tidegate.model.snapshot import Version
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope

DATABASE = replace(
    PIPELINE,
    components={**PIPELINE.components, "schema": Component("schema", ("migrations/**",))},
    functions={**PIPELINE.functions, "api": replace(PIPELINE.functions["api"], database=True)},
    browser=None,
    database=DatabaseSpec(Engine.POSTGRESQL, "db-{env}", "db-{env}", ("schema",), migrations="migrations"),
)


class DatabaseShop(Shop):
    """A shop whose API uses a database.

    Attributes:
        editions: Commit → pipeline, where it is another than that of all others.
        hurts: Migration → letters of the releases whose code does not work once it is applied.
    """

    def __init__(self, folder: Path, pipeline: Pipeline = DATABASE) -> None:
        super().__init__(folder, pipeline)
        self.hurts: dict[str, str] = {}
        self.editions: dict[str, Pipeline] = {}
        self.cloud.functions.handler = self._handler
        for name in self.pipeline.environments:
            self.cloud.functions.set(f"api-{name}", {"AURORA_DATABASE": f"funds_{name}"})

    def migrations(self, letter: str, *expand: str, contract: Sequence[str] = (), expected: Sequence[str] = ()) -> Path:
        """The files of a release's commit; its code expects what its migrations make unless said otherwise."""
        source = self.folder / f"source-{letter}"
        history = {"expand": expand, "contract": contract, "expected": expected or expand}
        for path in (source, self.source):
            path.mkdir(parents=True, exist_ok=True)
            (path / HISTORY).write_text(json.dumps(history), encoding="utf-8")
        for file in self.source.rglob("*"):
            if file.is_file() and file.name != HISTORY:
                copy = source / file.relative_to(self.source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
        return source

    def pushing(
        self, letter: str, *expand: str, contract: Sequence[str] = (), expected: Sequence[str] = ()
    ) -> Workshop:
        """A run of a commit that changes migrations alone, on top of a release that `release` made just before."""
        self.migrations(letter, *expand, contract=contract, expected=expected)
        last = self.ledger.last_release()
        scope = Scope({}, "", "", "", release=True, quiet="", schema="a migration changed")
        behind = {name: Behind("lacks it", "lacks it", schema="lacks it") for name in self.pipeline.environments}
        plan = plan_run(self.pipeline, f"commit-{letter}", last.commit if last else None, scope, last, behind)
        return self.opened(plan)

    def opened(self, plan: Plan) -> Workshop:
        """Open a run, with the files of every commit at hand."""
        run = self.workshop(plan)
        return replace(run, source=self._source(plan.commit), past=self._edition)

    def server(self, environment: str) -> Server:
        return self.databases.state.server(environment)

    def _edition(self, commit: str) -> Edition:
        return Edition(self.editions.get(commit, self.pipeline), self._source(commit))

    def _source(self, commit: str) -> Path:
        own = self.folder / f"source-{commit.removeprefix('commit-')}"
        return own if own.exists() else self.source

    def _handler(self, name: str, version: Version, payload: object) -> Answer:
        function, _, environment = name.rpartition("-")
        if function == "api":
            found = dict(part.partition("=")[::2] for part in version.configuration.split()[1:])
            database = found["AURORA_DATABASE"]
            used = self.databases.state.used_by(environment, "" if database == f"funds_{environment}" else database)
            if bad := [one for one in used if version.digest[-1] in self.hurts.get(one, "")]:
                return Answer({"errorMessage": f"{bad[0]} took a column away"}, error="Unhandled")
        return answer(name, version, payload)
