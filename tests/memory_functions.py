"""AWS Lambda in memory: states that settle, revisions, version numbers that are never used again."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.memory_wire import Wire
from tidegate.cloud.ports import Answer
from tidegate.errors import CloudError, Moved, NotFound
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version

LATEST = "$LATEST"
Handler = Callable[[str, Version, object], Answer]


@dataclass
class Function:
    """A function's state. `settling` holds (time, qualifier, how the version is then)."""

    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    last: str = ""
    settling: list[tuple[float, str, Version]] = field(default_factory=list)


def _healthy(name: str, version: Version, payload: object) -> Answer:
    return Answer({"statusCode": 200, "body": "{}"})


@dataclass(slots=True)
class FunctionsState:
    """What Lambda holds, and how it behaves.

    Attributes:
        delay: Seconds until an update or a new version settles.
        delays: The same, of single functions.
        failing_updates: Functions whose updates end as Failed.
        invoked: Name, qualifier and payload of every invocation.
        handler: What the functions answer.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    delay: float = 1.0
    delays: dict[str, float] = field(default_factory=dict)
    failing_updates: set[str] = field(default_factory=set)
    invoked: list[tuple[str, str, object]] = field(default_factory=list)
    handler: Handler = _healthy


class MemoryFunctions:
    """AWS Lambda. A stranger writes through `put`, `configure` and `move`."""

    def __init__(self, wire: Wire, state: FunctionsState) -> None:
        self._wire = wire
        self._clock = wire.clock
        self._state = state
        self._functions = state.functions
        self.delays = state.delays
        self.failing_updates = state.failing_updates
        self.invoked = state.invoked

    @property
    def handler(self) -> Handler:
        return self._state.handler

    @handler.setter
    def handler(self, handler: Handler) -> None:
        self._state.handler = handler

    @property
    def delay(self) -> float:
        return self._state.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self._state.delay = seconds

    def create(self, name: str, digest: str, *, configuration: str = "c1", aliases: Sequence[str] = ()) -> None:
        latest = Version(LATEST, digest, configuration, self._clock.revision())
        function = self._functions[name] = Function(latest)
        if aliases:
            function.last = number = str(next(function.numbers))
            function.versions[number] = replace(latest, version=number, revision=self._clock.revision(), update="")
            function.aliases = {alias: Alias(alias, number, self._clock.revision()) for alias in aliases}

    def put(self, name: str, digest: str) -> None:
        """A stranger's UpdateFunctionCode, completed."""
        function = self._functions[name]
        function.latest = replace(function.latest, digest=digest, revision=self._clock.revision())

    def configure(self, name: str, configuration: str) -> None:
        """A stranger's UpdateFunctionConfiguration, completed."""
        function = self._functions[name]
        function.latest = replace(function.latest, configuration=configuration, revision=self._clock.revision())

    def move(self, name: str, alias: str, version: str, weights: Mapping[str, float] | None = None) -> None:
        """A stranger's UpdateAlias."""
        self._functions[name].aliases[alias] = Alias(alias, version, self._clock.revision(), weights or {})

    def idle(self, name: str, alias: str) -> str:
        """Let the version that an alias points to go idle; returns its number."""
        function = self._functions[name]
        number = function.aliases[alias].version
        function.versions[number] = replace(function.versions[number], state="Inactive")
        return number

    def live(self, name: str) -> str:
        """The digest that users reach."""
        function = self._functions[name]
        return function.versions[function.aliases["live"].version].digest

    def versions(self, name: str) -> list[str]:
        return list(self._functions[name].versions)

    async def observe(self, name: str, aliases: Sequence[str]) -> FunctionSnapshot:
        return await self._wire.ask(f"functions.observe {name}", lambda: self._observed(name, aliases))

    async def version(self, name: str, qualifier: str) -> Version:
        return await self._wire.ask(f"functions.version {name} {qualifier}", lambda: self._version(name, qualifier))

    async def update_code(self, name: str, image_uri: str, revision: str) -> Version:
        return await self._wire.tell(
            f"functions.update_code {name}", lambda: self._updated(name, image_uri.partition("@")[2], revision)
        )

    async def publish(self, name: str, digest: str, revision: str, description: str) -> Version:
        return await self._wire.tell(f"functions.publish {name}", lambda: self._published(name, digest, revision))

    async def point(self, name: str, alias: Alias, version: str, description: str) -> Alias:
        return await self._wire.tell(
            f"functions.point {name} {alias.name}", lambda: self._pointed(name, alias, version)
        )

    async def invoke(self, name: str, qualifier: str, payload: object) -> Answer:
        return await self._wire.ask(
            f"functions.invoke {name} {qualifier}", lambda: self._answered(name, qualifier, payload)
        )

    def _observed(self, name: str, aliases: Sequence[str]) -> FunctionSnapshot:
        function = self._settled(name)
        found = {alias: function.aliases[alias] for alias in aliases if alias in function.aliases}
        numbers = {number for alias in found.values() for number in (alias.version, *alias.weights)}
        versions = {number: function.versions[number] for number in sorted(numbers)}
        return FunctionSnapshot(name, function.latest, found, versions)

    def _version(self, name: str, qualifier: str) -> Version:
        function = self._settled(name)
        if qualifier != LATEST and qualifier not in function.versions:
            raise NotFound(f"function {name}:{qualifier} does not exist")
        return function.latest if qualifier == LATEST else function.versions[qualifier]

    def _updated(self, name: str, digest: str, revision: str) -> Version:
        function = self._changeable(name, revision)
        accepted = replace(
            function.latest, digest=digest, revision=self._clock.revision(), update="InProgress", reason=""
        )
        function.latest = accepted
        failed = name in self.failing_updates
        end = replace(
            accepted,
            revision=self._clock.revision(),
            update="Failed" if failed else "Successful",
            reason="the image is not accessible" if failed else "",
        )
        function.settling.append((self._clock.now + self.delays.get(name, self.delay), LATEST, end))
        return accepted

    def _published(self, name: str, digest: str, revision: str) -> Version:
        function = self._changeable(name, revision)
        latest = function.latest
        if latest.digest != digest:
            raise Moved(f"CodeSha256 of {name} is another", code="InvalidParameterValueException")
        last = function.versions.get(function.last)
        if last and (last.digest, last.configuration) == (latest.digest, latest.configuration):
            return last
        function.last = number = str(next(function.numbers))
        active = replace(latest, version=number, revision=self._clock.revision(), update="")
        function.versions[number] = replace(active, state="Pending")
        function.settling.append((self._clock.now + self.delays.get(name, self.delay), number, active))
        return function.versions[number]

    def _pointed(self, name: str, alias: Alias, version: str) -> Alias:
        function = self._settled(name)
        if function.aliases[alias.name].revision != alias.revision:
            raise Moved(f"alias {alias.name} of {name} has another revision", code="PreconditionFailedException")
        if version not in function.versions:
            raise NotFound(f"function {name}:{version} does not exist")
        moved = function.aliases[alias.name] = Alias(alias.name, version, self._clock.revision())
        return moved

    def _answered(self, name: str, qualifier: str, payload: object) -> Answer:
        function = self._settled(name)
        number = function.aliases[qualifier].version if qualifier in function.aliases else qualifier
        self.invoked.append((name, qualifier, payload))
        version = function.versions.get(number, function.latest)
        if version.state == "Inactive":
            function.versions[number] = replace(version, state="Pending")
            active = replace(version, state="Active")
            function.settling.append((self._clock.now + self.delays.get(name, self.delay), number, active))
            raise CloudError(f"{name}:{number} is getting ready", code="CodeArtifactUserPendingException")
        return self.handler(name, self._version(name, number), payload)

    def _settled(self, name: str) -> Function:
        function = self._functions.get(name)
        if function is None:
            raise NotFound(f"function {name} does not exist", code="ResourceNotFoundException")
        for due in [one for one in function.settling if one[0] <= self._clock.now]:
            function.settling.remove(due)
            if due[1] == LATEST:
                function.latest = due[2]
            else:
                function.versions[due[1]] = due[2]
        return function

    def _changeable(self, name: str, revision: str) -> Function:
        function = self._settled(name)
        if function.latest.update == "InProgress":
            raise CloudError(f"an update of {name} is in progress", code="ResourceConflictException")
        if function.latest.revision != revision:
            raise Moved(f"function {name} has another revision", code="PreconditionFailedException")
        return function
