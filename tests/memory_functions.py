"""AWS Lambda in memory: the embedded cloud's own state machine behind the functions port."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

from tests.memory_faults import refuse
from tests.memory_wire import Clock, Wire
from tidegate.cloud.ports import Answer
from tidegate.localcloud.awslambda import aliases as alias_rules
from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda import function as awslambda
from tidegate.localcloud.awslambda.aliases import AliasChange
from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.function import Code, Configuration, Failure, Function, Stamp, UpdateStatus
from tidegate.localcloud.awslambda.names import LATEST, FunctionName, Namespace
from tidegate.localcloud.awslambda.state import LambdaState
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version

Handler = Callable[[str, Version, object], Answer]

NAMES = Namespace("123456789012", "local")
FAILURE = Failure("ImageAccessDenied", "the image is not accessible")


def _healthy(name: str, version: Version, payload: object) -> Answer:
    return Answer({"statusCode": 200, "body": "{}"})


@dataclass(slots=True)
class FunctionsState:
    """What Lambda holds, and how it behaves.

    Attributes:
        delay: Seconds until an update or a new version settles, or an idle one is awake.
        delays: The same, of single functions.
        failing_updates: Functions whose updates end as Failed.
        invoked: Name, qualifier and payload of every invocation.
        handler: What the functions answer.
        draw: Which side of an alias with weights an invocation takes: in [0, 1), or 1.0 for its main version.
    """

    functions: LambdaState = field(default_factory=lambda: LambdaState(NAMES))
    delay: float = 1.0
    delays: dict[str, float] = field(default_factory=dict)
    failing_updates: set[str] = field(default_factory=set)
    invoked: list[tuple[str, str, object]] = field(default_factory=list)
    handler: Handler = _healthy
    draw: Callable[[], float] = lambda: 1.0


class Strangers:
    """What others do to Lambda, past every wire of ours; all of it happens at once."""

    def __init__(self, state: FunctionsState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._functions = state.functions

    @property
    def delays(self) -> dict[str, float]:
        return self._state.delays

    @property
    def failing_updates(self) -> set[str]:
        return self._state.failing_updates

    @property
    def invoked(self) -> list[tuple[str, str, object]]:
        return self._state.invoked

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
        """Create a function anew, with aliases to its first version."""
        if any(function.name == name for function in self._functions.functions(self._clock.now)):
            self._functions.delete(FunctionName(name), self._clock.now)
        self._functions.create(name, _code(digest), _configuration(configuration), self._at_once())
        if aliases:
            number = self._functions.publish(name, self._at_once()).number
            for alias in aliases:
                made = awslambda.Alias(alias, number, self._clock.revision())
                alias_rules.create(NAMES, self._function(name), made)

    def set(self, name: str, variables: Mapping[str, str]) -> None:
        """UpdateFunctionConfiguration of variables, the others left as they are."""
        with _mapped("UpdateFunctionConfiguration", name):
            environment = self._function(name).latest.configuration.environment
            changes = {"environment": MappingProxyType({**environment, **variables})}
            self._functions.update_configuration(name, changes, None, self._at_once())

    def variables_of(self, name: str) -> dict[str, str]:
        """The variables of `$LATEST`."""
        return dict(self._function(name).latest.configuration.environment)

    def described(self, name: str) -> dict[str, str]:
        """Version → description, of all published versions."""
        return {one.number: one.configuration.description for one in self._function(name).versions.values()}

    def put(self, name: str, digest: str) -> None:
        """UpdateFunctionCode."""
        with _mapped("UpdateFunctionCode", name):
            self._functions.update_code(name, _code(digest), self._at_once())

    def configure(self, name: str, configuration: str) -> None:
        """UpdateFunctionConfiguration."""
        with _mapped("UpdateFunctionConfiguration", name):
            environment = {**self.variables_of(name), **_configuration(configuration).environment}
            changes = {"environment": MappingProxyType(environment)}
            self._functions.update_configuration(name, changes, None, self._at_once())

    def move(self, name: str, alias: str, version: str, weights: Mapping[str, float] | None = None) -> None:
        """UpdateAlias."""
        with _mapped("UpdateAlias", name):
            change = AliasChange(version, weights=weights or {})
            alias_rules.update(NAMES, self._function(name), alias, change, self._clock.revision())

    def idle(self, name: str, alias: str) -> str:
        """Let the version that an alias points to go idle; returns its number."""
        number = self._function(name).aliases[alias].version
        self._functions.deactivate(name, number, self._clock.now)
        return number

    def live(self, name: str) -> str:
        """The digest that users reach."""
        return self._functions.resolve(FunctionName(name, "live"), self._clock.now).version.code.digest

    def digest(self, name: str, alias: str) -> str:
        """The digest that an alias points to."""
        function = self._function(name)
        return function.versions[function.aliases[alias].version].code.digest

    def release(self, name: str) -> str:
        """PublishVersion; returns the number."""
        with _mapped("PublishVersion", name):
            return self._functions.publish(name, self._at_once()).number

    def versions(self, name: str) -> list[str]:
        """The numbers of all published versions, oldest first."""
        return list(self._function(name).versions)

    def _function(self, name: str) -> Function:
        return self._functions.function(name, self._clock.now)

    def _at_once(self) -> Stamp:
        return Stamp(self._clock.now, self._clock.revision(), self._clock.revision())


class MemoryFunctions(Strangers):
    """AWS Lambda behind `ports.Functions`, asked as `AwsFunctions` asks it."""

    def __init__(self, wire: Wire, state: FunctionsState, deleted_images: set[str]) -> None:
        super().__init__(state, wire.clock)
        self._wire = wire
        self._deleted_images = deleted_images

    async def observe(self, name: str, aliases: Sequence[str]) -> FunctionSnapshot:
        latest = await self.version(name, LATEST)
        pointers = await self._wire.ask(f"functions.aliases {name}", lambda: self._aliases(name))
        found = {alias: pointers[alias] for alias in aliases if alias in pointers}
        numbers = {number for alias in found.values() for number in (alias.version, *alias.weights)}
        versions = {number: await self.version(name, number) for number in sorted(numbers)}
        return FunctionSnapshot(name, latest, found, versions)

    async def version(self, name: str, qualifier: str) -> Version:
        return await self._wire.ask(f"functions.version {name} {qualifier}", lambda: self._version(name, qualifier))

    async def update_code(self, name: str, image_uri: str, revision: str) -> Version:
        def call() -> Version:
            with _mapped("UpdateFunctionCode", name):
                code = self._image(image_uri)
                stamp = self._stamp(name, FAILURE if name in self.failing_updates else None)
                return _seen(self._functions.update_code(name, code, stamp, expected=revision))

        return await self._wire.tell(f"functions.update_code {name}", call)

    async def publish(self, name: str, digest: str, revision: str, description: str) -> Version:
        def call() -> Version:
            with _mapped("PublishVersion", name):
                sha256 = digest.removeprefix("sha256:")
                given = {"sha256": sha256, "expected": revision, "description": description}
                return _seen(self._functions.publish(name, self._stamp(name), **given))

        return await self._wire.tell(f"functions.publish {name}", call)

    async def point(self, name: str, alias: Alias, version: str, description: str) -> Alias:
        def call() -> Alias:
            with _mapped("UpdateAlias", name):
                change = AliasChange(version, description, {}, alias.revision)
                function = self._function(name)
                return _pointer(alias_rules.update(NAMES, function, alias.name, change, self._clock.revision()))

        return await self._wire.tell(f"functions.point {name} {alias.name}", call)

    async def configured(self, name: str, qualifier: str) -> tuple[Version, Mapping[str, str]]:
        def call() -> tuple[Version, Mapping[str, str]]:
            with _mapped("GetFunctionConfiguration", name):
                found = self._functions.resolve(FunctionName(name, qualifier), self._clock.now).version
            return _seen(found), dict(found.configuration.environment)

        return await self._wire.ask(f"functions.configured {name} {qualifier}", call)

    async def set_variables(self, name: str, variables: Mapping[str, str], revision: str) -> Version:
        def call() -> Version:
            with _mapped("UpdateFunctionConfiguration", name):
                changes = {"environment": MappingProxyType(dict(variables))}
                return _seen(self._functions.update_configuration(name, changes, revision, self._stamp(name)))

        return await self._wire.tell(f"functions.set_variables {name}", call)

    async def published(self, name: str) -> Mapping[str, str]:
        def call() -> Mapping[str, str]:
            with _mapped("ListVersionsByFunction", name):
                return self.described(name)

        return await self._wire.ask(f"functions.published {name}", call)

    async def discard(self, name: str, version: str) -> None:
        def call() -> None:
            with _mapped("DeleteFunction", name):
                if version in self._function(name).versions:
                    self._functions.delete(FunctionName(name, version), self._clock.now)

        await self._wire.tell(f"functions.discard {name}", call)

    async def invoke(self, name: str, qualifier: str, payload: object) -> Answer:
        def call() -> Answer:
            with _mapped("Invoke", name):
                self.invoked.append((name, qualifier, payload))
                stamp = self._stamp(name)
                chosen = self._functions.invocable(FunctionName(name, qualifier), stamp, self._state.draw())
            return self.handler(name, _seen(chosen.version), payload)

        return await self._wire.ask(f"functions.invoke {name} {qualifier}", call)

    def _version(self, name: str, qualifier: str) -> Version:
        # By far the most frequent call: without a context manager it takes a quarter less.
        try:
            found = self._functions.resolve(FunctionName(name, qualifier), self._clock.now).version
        except LambdaError as error:
            _refuse("GetFunctionConfiguration", name, error)
        return _seen(found)

    def _aliases(self, name: str) -> dict[str, Alias]:
        with _mapped("ListAliases", name):
            return {alias: _pointer(found) for alias, found in self._function(name).aliases.items()}

    def _image(self, uri: str) -> Code:
        digest = uri.partition("@")[2]
        if digest in self._deleted_images:
            raise errors.invalid(f"Source image {uri} does not exist. Provide a valid source image.")
        return _code(digest)

    def _stamp(self, name: str, failure: Failure | None = None) -> Stamp:
        delay = self.delays.get(name, self.delay)
        return Stamp(self._clock.now, self._clock.revision(), self._clock.revision(), delay, failure)


def _code(digest: str) -> Code:
    uri = f"registry.test/repository@{digest}"
    return Code(uri, uri, digest)


def _configuration(named: str) -> Configuration:
    """A configuration that is told from others by one variable."""
    return Configuration("role", environment=MappingProxyType({"CONFIGURATION": named}))


def _seen(found: awslambda.Version) -> Version:
    """A version as the functions port describes it."""
    update = found.update_status if found.number == LATEST else None
    return Version(
        version=found.number,
        digest=found.code.digest,
        configuration=_told(found.configuration.environment),
        revision=found.revision,
        state=found.state.value,
        update=update.value if update else "",
        reason=found.failure.reason if found.failure and update is UpdateStatus.FAILED else "",
    )


def _told(variables: Mapping[str, str]) -> str:
    """What stands for the hash of a configuration."""
    if len(variables) == 1:
        return variables["CONFIGURATION"]
    others = [f"{name}={value}" for name, value in sorted(variables.items()) if name != "CONFIGURATION"]
    return " ".join((variables["CONFIGURATION"], *others))


def _pointer(found: awslambda.Alias) -> Alias:
    return Alias(found.name, found.version, found.revision, found.weights)


@contextmanager
def _mapped(operation: str, name: str) -> Iterator[None]:
    try:
        yield
    except LambdaError as error:
        _refuse(operation, name, error)


def _refuse(operation: str, name: str, error: LambdaError) -> NoReturn:
    refuse(operation, error.code, error.message, f"function {name}", error.status)
