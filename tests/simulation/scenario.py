"""Scenario: all that happens in one simulation, and how a seed makes one."""

import random
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from tests.simulation.faults import Fault, Planned
from tests.simulation.product import BACKEND_FLAWS, SITE_FLAWS, Flaw
from tidegate.model.pipeline import Order, Strategy


class Verb(StrEnum):
    """What people do."""

    PUSH = "push"
    ROLLBACK = "rollback"
    UNPIN = "unpin"
    CONFIGURE = "configure"
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does.

    Attributes:
        environment: For all but a push: its index.
        flaws: Of a pushed commit.
        overlaps: Whether the next act begins before this one has ended.
    """

    verb: Verb
    environment: int = 0
    backend: bool = True
    site: bool = True
    flaws: frozenset[Flaw] = frozenset()
    overlaps: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that happens. Equal scenarios go equally.

    Attributes:
        seed: For what chance decides while it goes on: latencies, and what a human edits.
        environments: How many there are.
        deployed: Whether a first release is live everywhere before it begins.
        faults: What goes wrong, by the number of the call.
        defers: Whether records that nothing depends on wait, as in a ledger that is kept in a bucket.
        database: Whether the API uses a database, which most commits migrate.
        random: Whether a process that comes back from the dead stops at its next write, not at the very call.
    """

    seed: int
    environments: int = 1
    order: Order = Order.TOGETHER
    strategy: Strategy = Strategy.POINTER
    approval: bool = False
    deployed: bool = True
    acts: tuple[Act, ...] = (Act(Verb.PUSH),)
    faults: tuple[Planned, ...] = ()
    random: bool = False
    defers: bool = False
    database: bool = False

    def as_json(self) -> dict[str, Any]:
        """The scenario as plain values."""
        plain = asdict(self)
        for act, given in zip(plain["acts"], self.acts, strict=True):
            act["flaws"] = sorted(flaw.name for flaw in given.flaws)
        return plain

    @staticmethod
    def from_json(plain: dict[str, Any]) -> "Scenario":
        """The scenario that `as_json` wrote."""
        acts = tuple(
            Act(**{**act, "verb": Verb(act["verb"]), "flaws": frozenset(Flaw[name] for name in act["flaws"])})
            for act in plain["acts"]
        )
        faults = tuple(Planned(one["call"], Fault(one["fault"])) for one in plain["faults"])
        order, strategy = Order(plain["order"]), Strategy(plain["strategy"])
        return Scenario(**{**plain, "order": order, "strategy": strategy, "acts": acts, "faults": faults})


DATABASES = 10
"""One of so many seeds has a database."""
CALLS = 260
"""Numbers of calls that faults are spread over; a push to one environment makes about half as many."""


def scenario_of(seed: int) -> Scenario:
    """The scenario of a seed."""
    chance = random.Random(seed)
    environments = chance.choice((1, 1, 1, 1, 1, 1, 2, 2, 3))
    approval = chance.random() < 0.1
    if approval:
        environments = chance.choice((1, 2))
    scenario = Scenario(
        seed=seed,
        environments=environments,
        order=Order.TOGETHER if chance.random() < 0.85 else Order.BACKEND_FIRST,
        strategy=Strategy.POINTER if chance.random() < 0.85 else Strategy.INVALIDATION,
        approval=approval,
        deployed=chance.random() < 0.9,
        random=True,
        database=seed % DATABASES == 0,
        acts=_acts(chance, environments, approval=approval),
    )
    return replace(scenario, faults=_faults(chance))


def _acts(chance: random.Random, environments: int, *, approval: bool) -> tuple[Act, ...]:
    acts = [_push(chance)]
    more = chance.random()
    if more < 0.25:
        acts[0] = replace(acts[0], overlaps=chance.random() < 0.6)
        acts.append(_push(chance))
    elif more < 0.35:
        acts.append(Act(Verb.ROLLBACK, chance.randrange(environments)))
        if chance.random() < 0.5:
            acts += [Act(Verb.UNPIN, acts[-1].environment), _push(chance)]
    elif more < 0.4:
        acts += [Act(Verb.CONFIGURE, chance.randrange(environments)), _push(chance)]
    if approval:
        verb = Verb.APPROVE if chance.random() < 0.8 else Verb.REJECT
        if chance.random() < 0.3:
            acts.insert(1, Act(Verb.ROLLBACK))
        acts.insert(chance.randrange(1, len(acts) + 1), Act(verb, environments - 1))
    return tuple(acts)


def _push(chance: random.Random) -> Act:
    backend, site = chance.choice(((True, True), (True, True), (True, False), (False, True)))
    flaws: frozenset[Flaw] = frozenset()
    if chance.random() < 0.4:
        possible = [
            flaw for flaw in Flaw if (backend or flaw not in BACKEND_FLAWS) and (site or flaw not in SITE_FLAWS)
        ]
        flaws = frozenset({chance.choice(possible)})
    return Act(Verb.PUSH, backend=backend, site=site, flaws=flaws)


def _faults(chance: random.Random) -> tuple[Planned, ...]:
    count = chance.choice((0, 1, 1, 1, 2, 3))
    return tuple(sorted(Planned(chance.randrange(1, CALLS), chance.choice(tuple(Fault))) for _ in range(count)))
