"""Coverage: every call site met with every fault that can befall it, once at least."""

from dataclasses import dataclass, field, replace

from tests.simulation.faults import BEFALLS, Fault, Kind, Planned
from tests.simulation.product import Flaw
from tests.simulation.scenario import Act, Scenario, Verb
from tests.simulation.simulate import simulate
from tidegate.model.pipeline import Order, Strategy

PUSH = Act(Verb.PUSH)

BASES = (
    Scenario(1, environments=2),
    Scenario(2, deployed=False),
    Scenario(3, acts=(replace(PUSH, flaws=frozenset({Flaw.LIVE})),)),
    Scenario(4, acts=(PUSH, Act(Verb.ROLLBACK), PUSH, Act(Verb.UNPIN), PUSH)),
    Scenario(5, approval=True, acts=(PUSH, Act(Verb.APPROVE))),
    Scenario(6, approval=True, acts=(PUSH, PUSH, Act(Verb.REJECT))),
    Scenario(7, strategy=Strategy.INVALIDATION),
    Scenario(8, strategy=Strategy.INVALIDATION, acts=(replace(PUSH, flaws=frozenset({Flaw.LIVE})),)),
    Scenario(9, order=Order.BACKEND_FIRST, acts=(replace(PUSH, flaws=frozenset({Flaw.PAGE})),)),
    Scenario(10, acts=(replace(PUSH, overlaps=True), PUSH)),
    Scenario(11, faults=(Planned(150, Fault.ZOMBIE),)),
    Scenario(12, faults=(Planned(190, Fault.ZOMBIE),)),
    Scenario(13, acts=(Act(Verb.CONFIGURE), PUSH)),
    Scenario(14, strategy=Strategy.INVALIDATION, faults=(Planned(170, Fault.ZOMBIE),)),
    Scenario(15, faults=(Planned(196, Fault.KILL_AFTER),)),
    Scenario(16, database=True),  # its migration hurts what is live
    Scenario(17, database=True),
)
"""What is covered from: together they go through every executor, the way back, take-overs and people's decisions."""


@dataclass(slots=True)
class Covered:
    """What was covered.

    Attributes:
        sites: Call site → what kind of call it makes.
        cells: (call site, fault) that were met.
        violations: What broke a promise, with the scenario.
    """

    sites: dict[str, Kind] = field(default_factory=dict)
    cells: set[tuple[str, Fault]] = field(default_factory=set)
    violations: list[tuple[Scenario, tuple[tuple[str, str], ...]]] = field(default_factory=list)

    @property
    def missing(self) -> list[tuple[str, Fault]]:
        """What can go wrong somewhere and never did."""
        return [
            (site, fault)
            for site, kind in sorted(self.sites.items())
            for fault in Fault
            if fault in BEFALLS[kind] and (site, fault) not in self.cells
        ]


def cover(bases: tuple[Scenario, ...] = BASES) -> Covered:
    """Let every fault befall every call site that is found, those that only a fault leads to among them."""
    covered, pending = Covered(), list(bases)
    while pending:
        scenario = pending.pop(0)
        for number, (site, kind) in enumerate(_tried(covered, scenario), start=1):
            if any(planned.call == number for planned in scenario.faults):
                continue
            for fault in sorted(BEFALLS[kind]):
                if (site, fault) in covered.cells:
                    continue
                worse = replace(scenario, faults=tuple(sorted((*scenario.faults, Planned(number, fault)))))
                known = set(covered.sites)
                _tried(covered, worse)
                if set(covered.sites) - known:
                    pending.append(worse)
    return covered


def _tried(covered: Covered, scenario: Scenario) -> tuple[tuple[str, Kind], ...]:
    outcome = simulate(scenario, census=True)
    covered.cells |= outcome.covered
    covered.sites |= dict(outcome.census)
    if outcome.violations:
        covered.violations.append((scenario, outcome.violations))
    return outcome.census


def table(covered: Covered) -> str:
    """Call sites by faults: `x` was met, `.` cannot happen there, `-` is missing."""
    width = max(map(len, covered.sites))
    head = [f"{'':{width}}  " + "  ".join(f"{fault.name.lower():>{len(fault.name)}}" for fault in Fault)]
    rows = [
        f"{site:{width}}  " + "  ".join(f"{_cell(covered, site, kind, fault):>{len(fault.name)}}" for fault in Fault)
        for site, kind in sorted(covered.sites.items())
    ]
    total = (
        f"{len(covered.sites)} call sites, {len(covered.cells)} of them with a fault, {len(covered.missing)} missing"
    )
    return "\n".join(
        [*head, *rows, total, *(f"BROKEN {scenario.as_json()}: {what}" for scenario, what in covered.violations)]
    )


def _cell(covered: Covered, site: str, kind: Kind, fault: Fault) -> str:
    if fault not in BEFALLS[kind]:
        return "."
    return "x" if (site, fault) in covered.cells else "-"
