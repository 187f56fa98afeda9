"""AWS CodeBuild in memory: the embedded state machine behind the builds port, with builds that follow a script."""

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.memory_faults import refuse
from tests.memory_wire import Wire
from tidegate.errors import NotFound
from tidegate.localcloud.codebuild import build as codebuild
from tidegate.localcloud.codebuild.build import Context, PhaseType, Project, Source, Status, Variable
from tidegate.localcloud.codebuild.errors import CodeBuildError
from tidegate.localcloud.codebuild.state import CodeBuildState, Overrides
from tidegate.model.build import TOKEN, Build, BuildOrder, BuildPhase, BuildProject, BuildStatus, SourceKind

_WELL = Context()


@dataclass(frozen=True, slots=True)
class Script:
    """What a build does: it writes its lines, evenly over its time, and ends in a phase as it is told.

    Attributes:
        seconds: How long it takes; a build that nobody stops may take for ever.
        status: How `phase` ends.
    """

    seconds: float = 30.0
    lines: tuple[str, ...] = ("2 passed",)
    status: Status = Status.SUCCEEDED
    phase: PhaseType = PhaseType.BUILD
    context: Context = _WELL


@dataclass(slots=True)
class BuildsState:
    """What CodeBuild holds.

    Attributes:
        scripts: What the next builds do; those behind the last one succeed.
        orders: Everything that was asked for, repeated requests included.
    """

    builds: CodeBuildState = field(default_factory=lambda: CodeBuildState("123456789012", "local"))
    scripts: deque[Script] = field(default_factory=deque)
    played: dict[str, Script] = field(default_factory=dict)
    orders: list[BuildOrder] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class MemoryBuilds:
    """AWS CodeBuild. Strangers make projects with `create`, and stop builds through `state`."""

    def __init__(self, wire: Wire, state: BuildsState) -> None:
        self._wire = wire
        self.state = state

    def create(self, name: str, kind: str = "S3", location: str = "sources/tests/source.zip", most: int = 0) -> None:
        """CreateProject; `most` is how many builds may run at once, 0 for any number."""
        source = Source(kind, location, "" if kind == "S3" else "version: 0.2\n")
        arn, now = self.state.builds.project_arn(name), self._wire.now
        made = Project(name, arn, source, {}, (), "role", now, now, most_at_once=most or None)
        self.state.builds.create(made)

    def script(self, *scripts: Script) -> None:
        """What the next builds do."""
        self.state.scripts.extend(scripts)

    def all(self, project: str) -> list[codebuild.Build]:
        """The builds of a project, oldest first, as they are now."""
        return [self._settled(build.id) for build in self.state.builds.builds_of(project)]

    def halt(self, identity: str) -> None:
        """StopBuild, by a stranger."""
        self.state.builds.stop(identity, self._wire.now)

    async def project(self, name: str) -> BuildProject:
        def call() -> BuildProject:
            found = self.state.builds.find_project(name)
            if found is None:
                raise NotFound("it does not exist", where=f"CodeBuild project {name}")
            return BuildProject(name, SourceKind(found.source.kind), found.source.location)

        return await self._wire.ask(f"builds.project {name}", call)

    async def start(self, order: BuildOrder) -> Build:
        def call() -> Build:
            self.state.orders.append(order)
            variables = tuple(Variable(name, value) for name, value in {**order.variables, TOKEN: order.token}.items())
            overrides = Overrides(
                variables, source_location=order.location or None, token=order.token, said=repr(order)
            )
            with _mapped("StartBuild", order.project):
                self.all(order.project)
                uuid = f"uuid-{next(self.state.numbers)}"
                build, made = self.state.builds.start(order.project, overrides, uuid, "tidegate", self._wire.now)
            if made:
                self.state.played[build.id] = self.state.scripts.popleft() if self.state.scripts else Script()
            return _seen(self._settled(build.id))

        return await self._wire.tell(f"builds.start {order.project}", call)

    async def find(self, project: str, token: str) -> Build | None:
        def call() -> Build | None:
            with _mapped("ListBuildsForProject", project):
                found = [_seen(build) for build in self.all(project)]
            return next((build for build in reversed(found) if build.token == token), None)

        return await self._wire.ask(f"builds.find {project}", call)

    async def get(self, identity: str) -> Build:
        return await self._wire.ask(f"builds.get {identity}", lambda: _seen(self._settled(identity)))

    async def stop(self, identity: str) -> Build:
        def call() -> Build:
            self._settled(identity)
            with _mapped("StopBuild", identity):
                return _seen(self.state.builds.stop(identity, self._wire.now))

        return await self._wire.tell(f"builds.stop {identity}", call)

    async def lines(self, build: Build, position: str) -> tuple[tuple[str, ...], str]:
        def call() -> tuple[tuple[str, ...], str]:
            known, script = self._settled(build.id), self.state.played[build.id]
            until = known.ended if known.ended is not None else self._wire.now
            done = min(1.0, (until - known.started) / script.seconds)
            written = script.lines[: int(done * len(script.lines))]
            return written[int(position or 0) :], str(len(written))

        return await self._wire.ask(f"builds.lines {build.id}", call)

    def _settled(self, identity: str) -> codebuild.Build:
        """A build, led on to where its script has it by now."""
        build, script = self.state.builds.build(identity), self.state.played[identity]
        over = self._wire.now >= build.started + script.seconds

        def lead(build: codebuild.Build) -> codebuild.Build:
            while not build.complete and build.current is not script.phase:
                build = build.leave(Status.SUCCEEDED, build.started)
            if over and not build.complete:
                build = build.leave(script.status, build.started + script.seconds, script.context)
                while not build.complete:
                    build = build.leave(Status.SUCCEEDED, build.started + script.seconds)
            return build.begin_logs(enabled=True)

        return self.state.builds.change(identity, lead)


def _seen(found: codebuild.Build) -> Build:
    """A build as the builds port describes it."""
    phases = tuple(
        BuildPhase(
            phase.kind.value,
            phase.status.value if phase.status else "",
            *((phase.contexts[0].code, phase.contexts[0].message) if phase.contexts else ()),
        )
        for phase in found.phases
    )
    token = next((one.value for one in found.project.variables if one.name == TOKEN), "")
    status = BuildStatus(found.status.value)
    return Build(found.id, found.project.name, status, phases, token, found.project.log_group, found.stream)


@contextmanager
def _mapped(operation: str, name: str) -> Iterator[None]:
    try:
        yield
    except CodeBuildError as error:
        refuse(operation, error.code, error.message, f"CodeBuild project {name}", error.status)
