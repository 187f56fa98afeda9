"""The world of one simulation: one cloud and one ledger, the processes that work on them, and what was seen."""

import copyreg
import pickle
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from tests.memory_cloud import MemoryCloud, MemoryState
from tests.memory_databases import History
from tests.memory_wire import Clock
from tests.simulation import promises, schema
from tests.simulation.faults import BEFALLS, Fault, Kind
from tests.simulation.machine import runtime_api
from tests.simulation.process import Process, call_site, kind_of
from tests.simulation.product import FUNCTIONS, Commit, Flaw, answer, image_digest, number_of, pipeline
from tests.simulation.scenario import Scenario
from tests.simulation.seen import NOBODY, PLACEHOLDER, Exposure, Seen
from tests.simulation.virtual_loop import VirtualLoop
from tidegate.cloud.ports import Answer
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.recall import Recall
from tidegate.model.database import DATABASE_VARIABLE
from tidegate.model.pipeline import Strategy
from tidegate.model.snapshot import Version
from tidegate.targets.site import SiteAddress
from tidegate.targets.site_pointer import prefix_of, release_of

T = TypeVar("T")
LATENCIES = (0.0, 0.0, 0.0, 0.001, 0.004, 0.02)
RIVALS = 2
RIVAL_FLAWS = (Flaw.UNIT, Flaw.HEALTH, Flaw.PAIR, Flaw.SKEW_API, Flaw.LIVE)


def _proxy(pairs: dict[Any, Any]) -> "MappingProxyType[Any, Any]":
    return MappingProxyType(pairs)


copyreg.pickle(MappingProxyType, lambda proxy: (_proxy, (dict(proxy),)))


@dataclass(frozen=True, slots=True)
class Saved:
    """A world at rest, to begin others with.

    Attributes:
        changing: What goes on changing, pickled: each world gets its own.
        bodies: The ledger's bytes, which never change once written.
        recall: What these were verified and folded to.
    """

    changing: bytes
    bodies: Mapping[str, Mapping[int, bytes]]
    recall: Recall


class LoopClock(Clock):
    """The loop's virtual time as the cloud's."""

    loop: VirtualLoop

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        super().__init__()

    @property
    def now(self) -> float:
        return self.loop.now

    @now.setter
    def now(self, seconds: float) -> None:
        """Time is the loop's."""

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "loop"}


class World:
    """One simulation under way.

    Attributes:
        about: Run → the commit that it carries.
        current: The process whose effect takes place.
        calls: How many calls were made; faults are planned by their number.
        covered: (call site, fault) pairs that were met; only kept where `census` is set.
        census: Call sites by number; None where nobody wants to know.
    """

    def __init__(self, scenario: Scenario, loop: VirtualLoop, saved: Saved | None = None) -> None:
        self.scenario = scenario
        self.loop = loop
        self.rng = random.Random(scenario.seed)
        self.pipeline = pipeline(
            scenario.order,
            scenario.strategy,
            scenario.environments,
            approval=scenario.approval,
            database=scenario.database,
        )
        self.store = MemoryStore()
        self.recall = Recall()
        self.commits: dict[str, Commit] = {}
        self.by_number: dict[int, Commit] = {0: Commit(0)}
        self.seen = Seen()
        if saved is None:
            self.state = MemoryState(LoopClock(loop))
            self._lay_out()
        else:
            self._restore(saved)
        self.state.functions.handler = self._answer
        self.state.functions.failing_updates = _Failing(self)  # type: ignore[assignment] # asked for membership only
        self.cloud = MemoryCloud(self.state)
        self.book = Ledger(self.store, self.clock, self.recall)
        self.processes: list[Process] = []
        self.faults: dict[int, Fault] = {planned.call: planned.fault for planned in scenario.faults}
        self.calls = 0
        self.rivals = 0
        self.census: list[tuple[str, Kind]] | None = None
        self.covered: set[tuple[str, Fault]] = set()
        self.push: Callable[[Commit], None] = lambda _commit: None
        self.current: Process | None = None
        self.about: dict[str, str] = {}
        self._answers: dict[str, list[Any]] | None = {} if Fault.STALE in self.faults.values() else None

    def clock(self) -> float:
        """Virtual seconds."""
        return self.loop.now

    def latency(self) -> float:
        """How long a call takes."""
        return LATENCIES[int(self.rng.random() * len(LATENCIES))]

    def saved(self) -> Saved:
        """The world at rest, to begin others with."""
        self.state.functions.handler = _silent
        self.state.functions.draw = _main_version
        self.state.functions.failing_updates = set()
        self.state.functions.invoked.clear()
        kept = (self.loop.now, self.state, self.commits, self.seen)
        return Saved(pickle.dumps(kept, protocol=pickle.HIGHEST_PROTOCOL), self.store.bodies, self.recall)

    def process(self) -> Process:
        """A new process."""
        made = Process(self, 100 + len(self.processes))
        self.processes.append(made)
        return made

    def commit(self, *, backend: bool, site: bool, flaws: frozenset[Flaw]) -> Commit:
        """A new commit on top."""
        number = len(self.by_number)
        made = Commit(number, backend, site, flaws, schema=self.scenario.database and number % 3 != 0)
        self.commits[made.id] = self.by_number[made.number] = made
        return made

    def history(self, source: Path) -> History:
        """The migrations of the commit whose files are asked."""
        expand = schema.migrations(self, self.commits[source.name].number)
        return {"expand": expand, "contract": (), "expected": expand}

    def commit_of(self, run: str) -> Commit:
        """The commit that a run is about."""
        return self.commits[self.about[run]]

    def lives(self, run: str) -> bool:
        """Whether a process walks a run; one that is frozen does."""
        return any(process.run == run and not process.dead and not process.done for process in self.processes)

    def addresses(self) -> Mapping[str, SiteAddress]:
        """Where the sites are."""
        return {
            name: SiteAddress(f"APP-{name}", f"TEST-{name}", f"web-{name}", "https://live", "https://candidate")
            for name in self.pipeline.environments
        }

    def fault_at(self, process: Process, kind: Kind, line: str, body: bytes = b"") -> Fault | None:
        """Count a call; what goes wrong at it."""
        del process
        self.calls += 1
        fault = self.faults.get(self.calls)
        if self.census is not None:
            self.census.append((call_site(kind, line, body), kind))
        if fault is Fault.ZOMBIE and kind is Kind.READ and self.scenario.random:
            # What matters most is a write that is under way when its process stops.
            self.faults[self.calls + 1] = fault
            return None
        if fault is None or fault not in BEFALLS[kind]:
            return None
        if self.census is not None:
            self.covered.add((self.census[-1][0], fault))
        return fault

    def was_read(self, process: Process, line: str, answer: object, *, stale: bool) -> None:
        """Keep what was read, for stale reads, and that a run looked, where it saw what is so."""
        if not stale:
            self._looked(process, line)
        if self._answers is not None:
            known = self._answers.setdefault(line, [])
            if not known or known[-1] != answer:
                known.append(answer)

    def stale(self, line: str, effect: Callable[[], T]) -> T:
        """What the same question was answered with before it was last answered differently."""
        answer = effect()
        if line.startswith("databases."):
            return answer  # one server answers, and it knows what was written
        known: list[T] = (self._answers or {}).get(line, [])
        return next((old for old in reversed(known) if old != answer), answer)

    def _looked(self, process: Process, line: str) -> None:
        """Pointers were read, as they are."""
        words = line.split(" ")
        if words[0] == "functions.aliases":
            key, _, environment = words[1].rpartition("-")
        elif words[0] == "edges.pointers" and words[1].startswith("kvs/APP-"):
            key, environment = "site", words[1].removeprefix("kvs/APP-")
        else:
            return
        if served := self.seen.last(environment, key):
            self.seen.looks[process.run, environment, key] = served

    def happened(self, process: Process, line: str) -> None:
        """A write took place."""
        words = line.split(" ")
        if words[0] == "functions.point":
            key, _, environment = words[1].rpartition("-")
            promises.pointer_written(self, process, environment)
            if words[2] == "live":
                self._expose(environment, key, process.run)
        elif words[0] == "functions.publish":
            self._published(words[1], process)
        elif words[0] == "databases.expand":
            schema.expanded(self, process, words[1], words[2])
        elif words[0] == "edges.point":
            role, _, environment = words[1].removeprefix("kvs/").partition("-")
            promises.pointer_written(self, process, environment)
            if role == "APP":
                self._expose(environment, "site", process.run)

    def journalled(self, process: Process, stream: str, body: bytes) -> None:
        """A record was appended."""
        if stream.startswith("environment/"):
            promises.journalled(self, process, stream, kind_of(body))

    def edit(self, line: str) -> None:
        """A human edits what a call is about, or anything where it is about nothing."""
        environment = self.rng.choice(list(self.pipeline.environments))
        words = line.split(" ")
        if len(words) > 1 and "-" in words[1] and words[0].startswith(("functions", "edges")):
            environment = words[1].rpartition("-")[2]
        kinds = ("live", "live", "candidate", "code", "app", "test", "configuration")
        self._edit(environment, self.rng.choice(kinds), self.rng.choice(FUNCTIONS))

    def rival(self) -> None:
        """Somebody else pushes."""
        if self.rivals < RIVALS:
            self.rivals += 1
            flaws = frozenset({self.rng.choice(RIVAL_FLAWS)}) if self.rng.random() < 0.4 else frozenset()
            self.push(self.commit(backend=True, site=True, flaws=flaws))

    def pair(self, environment: str) -> tuple[int, int]:
        """The commits of the page that TEST serves and of the API that the page asks; 0 for none."""
        bucket = f"web-{environment}"
        if self.is_pointer:
            pairs = self.state.edges.seen(f"TEST-{environment}", self.loop.now)
            site, runtime = number_of(release_of(pairs.get("release", ""))), pairs.get("runtime", "")
        else:
            stored = self.state.objects.get((bucket, "index.html"))
            site, runtime = int(stored.body[7:-8]) if stored else 0, "runtime.json"
        file = self.state.objects.get((bucket, runtime))
        alias = runtime_api(file.body) if file else "candidate"
        return site, number_of(self.digest(environment, "api", alias))

    def tested(self, environment: str, site: int, api: int) -> None:
        """The tests of a pair passed."""
        self.seen.pairs.add((environment, site, api))

    def digest(self, environment: str, key: str, alias: str = "live") -> str:
        """The digest that a pointer of a function leads to."""
        return self.version(environment, key, alias).code.digest  # type: ignore[no-any-return]

    def version(self, environment: str, key: str, alias: str = "live") -> Any:
        """The version, as Lambda has it, that a pointer leads to."""
        function = self.state.functions.functions.function(f"{key}-{environment}", self.loop.now)
        return function.versions[function.aliases[alias].version]

    def app(self, environment: str) -> str:
        """The bundle that APP serves."""
        if self.is_pointer:
            return release_of(self.state.edges.written(f"APP-{environment}").get("release", ""))
        stored = self.state.objects.get((f"web-{environment}", "tidegate/pointers.json"))
        return promises.pointer_of(stored.body, "app") if stored else ""

    @property
    def is_pointer(self) -> bool:
        """Whether sites have pointers."""
        return self.scenario.strategy is Strategy.POINTER

    def violate(self, promise: str, text: str) -> None:
        """A promise was broken."""
        self.seen.violations.append((promise, text))

    def _expose(self, environment: str, target: str, run: str) -> None:
        if target == "site":
            version = self.app(environment)
            number = number_of(version)
        else:
            found = self.version(environment, target)
            version, number = found.number, number_of(found.code.digest)
        last = self.seen.last(environment, target)
        if last is not None and last.version == version:
            return  # a fence changes the revision and nothing else
        schema.exposed(self, environment, target, run)
        exposure = Exposure(self.loop.now, environment, target, version, number, run)
        self.seen.exposures.setdefault((environment, target), []).append(exposure)
        if run not in {NOBODY, PLACEHOLDER}:
            promises.exposed(self, exposure, last)

    def _published(self, name: str, process: Process) -> None:
        function = self.state.functions.functions.function(name, self.loop.now)
        version = function.versions[next(reversed(function.versions))]
        if schema.is_rehearsal(version):
            return  # what is live, once more: no pointer may ever lead to it
        promises.published(self, process, name, version.code.digest)
        configuration = version.configuration.environment["CONFIGURATION"]
        numbers = self.seen.published.setdefault((name, version.code.digest, configuration), [])
        if version.number not in numbers:
            numbers.append(version.number)

    def _answer(self, name: str, version: Version, payload: object) -> Answer:
        qualifier = self.state.functions.invoked[-1][1]
        commit = schema.behind(self, name, self.by_number[number_of(version.digest)], qualifier)
        told = answer(name, version, payload, commit=commit, qualifier=qualifier)
        healthy = answer(name, version, payload, commit=Commit(0), qualifier=qualifier)
        if told == healthy and self.current is not None:
            self.seen.smoked.add((name, version.version))
            self.seen.proven.add((self.current.run, name, version.version))
        return told

    def _edit(self, environment: str, what: str, key: str) -> None:
        name = f"{key}-{environment}"
        numbers = self.cloud.functions.versions(name)
        if what in {"live", "candidate"}:
            self.cloud.functions.move(name, what, self.rng.choice(numbers))
            if what == "live":
                self._expose(environment, key, NOBODY)
        elif what == "configuration":
            promises.human_change(lambda: self.cloud.functions.configure(name, f"c{self.rng.randrange(9)}"))
        elif what == "code" or not self.is_pointer:
            promises.human_change(lambda: self.cloud.functions.put(name, image_digest(0)))
        else:
            release = self.rng.choice([*self.seen_bundles(environment), ""])
            self.cloud.edges.move(f"{what.upper()}-{environment}", release=prefix_of(release))
            if what == "app":
                self._expose(environment, "site", NOBODY)
        self.seen.edited.add(environment)

    def seen_bundles(self, environment: str) -> list[str]:
        """Bundles that users of an environment were served."""
        return [one.version for one in self.seen.exposures.get((environment, "site"), []) if one.version]

    def _lay_out(self) -> None:
        """Functions on a placeholder and empty sites."""
        cloud = MemoryCloud(self.state)
        for environment in self.pipeline.environments:
            for key in FUNCTIONS:
                cloud.functions.create(f"{key}-{environment}", image_digest(0), aliases=("live", "candidate"))
            if self.scenario.database:
                cloud.functions.set(f"api-{environment}", {DATABASE_VARIABLE: schema.OWN})
            for role in ("APP", "TEST"):
                cloud.edges.create(f"{role}-{environment}", f"web-{environment}", store=self.is_pointer)
        for environment in self.pipeline.environments:
            for target in (*FUNCTIONS, "site"):
                self._expose(environment, target, PLACEHOLDER)

    def _restore(self, saved: Saved) -> None:
        now, self.state, self.commits, self.seen = pickle.loads(saved.changing)
        self.store.bodies = {stream: dict(records) for stream, records in saved.bodies.items()}
        self.store.lengths = {stream: len(records) for stream, records in saved.bodies.items()}
        self.recall = saved.recall.copy()
        self.loop.now = now
        clock = self.state.clock
        assert isinstance(clock, LoopClock)
        clock.loop = self.loop
        self.by_number |= {commit.number: commit for commit in self.commits.values()}


def _silent(name: str, version: Version, payload: object) -> Answer:
    return Answer({"statusCode": 200, "body": "{}"})


def _main_version() -> float:
    return 1.0


class _Failing:
    """The functions whose next update ends as failed: those that a commit's run gives an image that cannot start."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __contains__(self, name: str) -> bool:
        process = self._world.current
        return process is not None and bool(process.run) and Flaw.UPDATE in self._world.commit_of(process.run).flaws
