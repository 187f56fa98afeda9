"""What was really seen in a simulation, apart from what anybody reports: exposures, tests, publications, edits."""

from dataclasses import dataclass, field

NOBODY = ""
"""The run of what a human did."""

PLACEHOLDER = "0"
"""The run of what was there before anything was deployed."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Users began to be served something.

    Attributes:
        target: A function's key, or `site`.
        version: The function's version; the bundle's digest for the site.
        number: The commit that it is of.
        run: Who moved the pointer; `NOBODY` for a human.
    """

    at: float
    environment: str
    target: str
    version: str
    number: int
    run: str


@dataclass(slots=True)
class Seen:
    """Everything that the promises are judged by.

    Attributes:
        exposures: (environment, target) → what users were served, the oldest first.
        allowed: (environment, target, version) that users were rightly served once.
        smoked: (function's name, version) that answered as it must.
        proven: (run, function's name, version) that answered so to that run.
        pairs: (environment, page's commit, API's commit) whose tests passed.
        published: (function's name, digest, configuration) → version numbers.
        moves: (run, environment, target) → writes of live pointers that happened.
        looks: (run, environment, target) → what users were served when the run looked last.
        edited: Environments that a human edited.
        violations: Promise → what broke it.
    """

    exposures: dict[tuple[str, str], list[Exposure]] = field(default_factory=dict)
    allowed: set[tuple[str, str, str]] = field(default_factory=set)
    smoked: set[tuple[str, str]] = field(default_factory=set)
    proven: set[tuple[str, str, str]] = field(default_factory=set)
    pairs: set[tuple[str, int, int]] = field(default_factory=set)
    published: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    moves: dict[tuple[str, str, str], int] = field(default_factory=dict)
    looks: dict[tuple[str, str, str], Exposure] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    violations: list[tuple[str, str]] = field(default_factory=list)

    def last(self, environment: str, target: str) -> Exposure | None:
        """What users of a target are served now."""
        found = self.exposures.get((environment, target))
        return found[-1] if found else None
