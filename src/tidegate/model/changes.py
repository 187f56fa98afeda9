"""What changed between two commits, and which components that concerns."""

from dataclasses import dataclass
from functools import cached_property


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
