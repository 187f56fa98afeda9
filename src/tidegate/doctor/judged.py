"""What all judges are given: the pipeline and the facts; and how a finding is written down."""

import shlex
from dataclasses import dataclass

from tidegate.model.facts import EnvironmentFacts
from tidegate.model.finding import Check, Finding, Severity
from tidegate.model.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Case:
    """An environment under examination."""

    pipeline: Pipeline
    facts: EnvironmentFacts

    @property
    def github(self) -> str:
        """The GitHub environment that holds its settings."""
        return self.pipeline.environments[self.facts.environment].github


def error(check: Check, what: str, where: str, *mend: str) -> Finding:
    """A finding that keeps a run out."""
    return Finding(check, Severity.ERROR, what, where, mend)


def warning(check: Check, what: str, where: str, *mend: str) -> Finding:
    """A finding that is told."""
    return Finding(check, Severity.WARNING, what, where, mend)


def command(*words: str) -> str:
    """A command line for a POSIX shell."""
    return shlex.join(words)
