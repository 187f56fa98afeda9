"""What changed between two commits, and which components that concerns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tidegate.errors import ConfigError


class PatternError(ConfigError):
    """A path pattern that cannot be meant; `pattern` is the one at fault."""

    def __init__(self, pattern: str, problem: str, what_next: str) -> None:
        super().__init__(f"{pattern!r}: {problem}", what_next=what_next)
        self.pattern = pattern
        self.problem = problem


def is_negated(pattern: str) -> bool:
    """Tell a negated pattern (`!docs/**`) from an extglob that begins with an exclamation mark (`!(docs)/**`)."""
    return pattern.startswith("!") and not pattern.startswith("!(")


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that can never match a path, or that means different things to different tools.

    Raises:
        PatternError: With what to write in its place.
    """
    positive = pattern[1:] if is_negated(pattern) else pattern
    bare = positive
    while bare.startswith("./"):
        bare = bare[2:]
    problem = next_step = ""
    if not bare:
        problem, next_step = "an empty pattern matches nothing", "name a file or a folder, for example 'src/**'"
    elif is_negated(bare):
        problem, next_step = "a pattern is negated once at most", f"write '!{pattern.lstrip('!')}'"
    elif bare.startswith("/"):
        problem, next_step = "paths are relative to the repository's root", f"write {bare.lstrip('/')!r}"
    elif bare.endswith("/"):
        problem, next_step = "a folder is not a file", f"write '{pattern.rstrip('/')}/**' for everything in it"
    elif not {"", ".", ".."}.isdisjoint(bare.split("/")):
        problem, next_step = "no path has an empty, '.' or '..' part", "write the path as git shows it"
    elif "[!" in bare:
        problem, next_step = "'[!' excludes for a shell and includes for picomatch", "write '[^' to exclude characters"
    if problem:
        raise PatternError(pattern, problem, next_step)


def check_patterns(patterns: Sequence[str]) -> None:
    """Check each pattern, and that a list of negated patterns has a positive one to take away from.

    Raises:
        PatternError: The first pattern at fault.
    """
    for pattern in patterns:
        check_pattern(pattern)
    if patterns and all(is_negated(pattern) for pattern in patterns):
        problem = "a negated pattern with no positive pattern beside it matches by accident"
        raise PatternError(patterns[0], problem, f"name what belongs first, for example: ['**', {patterns[0]!r}]")


@dataclass(frozen=True, slots=True)
class Match:
    """The reason why a component counts as changed: this file matched this pattern of its list."""

    component: str
    file: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A changed file that the pipeline ignores, and the pattern that says so."""

    file: str
    pattern: str


@dataclass(frozen=True)
class ChangeSet:
    """The files that differ between `base` and `head`, sorted as git sorts them.

    `base` is None before the first release: then every file of `head` counts as changed. File names that are not
    UTF-8 hold surrogate escapes (PEP 383). Each component has at most one `Match` a file, its first pattern.
    """

    base: str | None
    head: str
    files: tuple[str, ...]
    matches: tuple[Match, ...] = ()
    ignored: tuple[Ignored, ...] = ()

    @cached_property
    def components(self) -> frozenset[str]:
        """The components that changed."""
        return frozenset(match.component for match in self.matches)

    @cached_property
    def _reasons(self) -> dict[str, tuple[Match, ...]]:
        reasons: dict[str, list[Match]] = {}
        for match in self.matches:
            reasons.setdefault(match.component, []).append(match)
        return {component: tuple(matches) for component, matches in reasons.items()}

    def reason(self, component: str) -> Match | None:
        """Return the first match that made `component` count as changed, or None if it did not change."""
        found = self._reasons.get(component)
        return found[0] if found else None

    def reasons(self, component: str) -> tuple[Match, ...]:
        """Return every match of `component`, one a file."""
        return self._reasons.get(component, ())

    @property
    def is_ignored(self) -> bool:
        """Whether there are changed files and every one of them is ignored: such a push starts nothing."""
        return bool(self.files) and len(self.ignored) == len(self.files)

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The changed files that are neither ignored nor part of a component."""
        known = {match.file for match in self.matches} | {ignored.file for ignored in self.ignored}
        return tuple(file for file in self.files if file not in known)
