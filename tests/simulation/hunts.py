"""Where planted bugs hide: scenarios, and a fault at calls of theirs, that find one without thousands of seeds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.simulation.coverage import PUSH
from tests.simulation.faults import BEFALLS, Fault, Kind, Planned
from tests.simulation.product import Flaw
from tests.simulation.scenario import Act, Scenario, Verb
from tests.simulation.simulate import simulate
from tidegate.model.pipeline import Order

SEEDS = 8


@dataclass(frozen=True, slots=True)
class Hunt:
    """A scenario, and a fault that is tried at each of its calls whose site has a text in it; no fault as it is.

    `behind` is another fault, which befalls the last call of a site first.
    """

    scenario: Scenario
    fault: Fault | None = None
    site: str = ""
    behind: tuple[Fault, str] | None = None


PLAIN = Scenario(1)
ROLLED_BACK = Act(Verb.ROLLBACK)
SITE = replace(PUSH, backend=False)

HUNTS: dict[str, tuple[Hunt, ...]] = {
    "publish-without-digest": (Hunt(PLAIN, Fault.HUMAN, "functions.publish"),),
    "take-over-without-bump": (Hunt(PLAIN, Fault.ZOMBIE, "functions.point live ← targets/functions:Applier"),),
    "lock-not-held": (
        Hunt(replace(PLAIN, order=Order.BACKEND_FIRST), Fault.ZOMBIE, "functions.version ← targets/functions:observe"),
    ),
    "lock-shared": (Hunt(PLAIN, Fault.RIVAL, "functions.update_code"),),
    "empty-metric": (Hunt(replace(PLAIN, acts=(replace(PUSH, flaws=frozenset({Flaw.EMPTY})),))),),
    "one-look": (
        Hunt(
            replace(PLAIN, acts=(replace(PUSH, backend=False),)),
            Fault.STALE,
            "edges.pointers",
            (Fault.CANCEL, "probe.get"),
        ),
    ),
    "over-a-person": (Hunt(PLAIN, Fault.HUMAN, "functions.aliases"),),
    "pin-ignored": (Hunt(replace(PLAIN, acts=(PUSH, ROLLED_BACK, PUSH))),),
    "rollback-unpinned": (Hunt(replace(PLAIN, acts=(PUSH, ROLLED_BACK))),),
    "half-live": (Hunt(PLAIN, Fault.HUMAN, "edges.point"), Hunt(PLAIN, Fault.HUMAN, "functions.aliases")),
    "rehearsal-ignored": (Hunt(replace(PLAIN, database=True)),),
    "eligibility-ignored": (
        Hunt(Scenario(1, environments=2, approval=True, acts=(PUSH, ROLLED_BACK, Act(Verb.APPROVE, 1)))),
    ),
}


def hunted(name: str) -> Iterator[Scenario]:
    """The scenarios of a planted bug's hunts that break a promise."""
    for hunt in HUNTS.get(name, ()):
        for seed in range(1, 1 + (SEEDS if hunt.fault else 1)):
            yield from _found(hunt, replace(hunt.scenario, seed=seed))


def _found(hunt: Hunt, scenario: Scenario) -> Iterator[Scenario]:
    if hunt.fault is None:
        if simulate(scenario).violations:
            yield scenario
        return
    if hunt.behind is not None:
        before, where = hunt.behind
        last = [number for number, (site, _) in enumerate(_census(scenario), start=1) if where in site][-1]
        scenario = replace(scenario, faults=(Planned(last, before),))
    for number, (site, kind) in enumerate(_census(scenario), start=1):
        if hunt.site in site and hunt.fault in BEFALLS[kind]:
            worse = replace(scenario, faults=tuple(sorted((*scenario.faults, Planned(number, hunt.fault)))))
            if simulate(worse).violations:
                yield worse


def _census(scenario: Scenario) -> tuple[tuple[str, Kind], ...]:
    return simulate(scenario, census=True).census
