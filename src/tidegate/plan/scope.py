"""What a push is about: which images and whether the site must be built, and whether a release comes of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.model.changes import ChangeSet, Match
from tidegate.model.pipeline import CheckGate, Pipeline
from tidegate.model.release import Release
from tidegate.plan.configuration import configuration_hash


@dataclass(frozen=True, slots=True)
class Scope:
    """What one push asks for.

    Attributes:
        images: Image name → why it is built.
        site: Why the site is built; empty when it is inherited.
        configuration: Why a changed configuration makes a release; empty when it did not change.
        check: Why the quality gate runs; empty when it does not apply.
        release: Whether environments are to be brought to a release at all.
        quiet: Why nothing runs; empty when something does.
        schema: Why the schema half of a release is read anew; empty when it is inherited.
    """

    images: dict[str, str]
    site: str
    configuration: str
    check: str
    release: bool
    quiet: str
    schema: str = ""

    @property
    def makes_release(self) -> bool:
        """Whether this push makes a new release, rather than carrying the last one on."""
        return bool(self.images or self.site or self.configuration or self.schema)


def scope_of(pipeline: Pipeline, changes: ChangeSet, last: Release | None) -> Scope:
    """Decide what a push is about.

    Desired state, not diffs: a push that changes nothing (the same commit again) still carries the last release to
    the environments that do not serve it; one that touches only ignored files, or only what gates read, does not.
    """
    images = {
        name: reason
        for name, spec in pipeline.images.items()
        if (reason := _build_reason(changes, spec.components, missing=last is None or name not in last.images))
    }
    site = ""
    if pipeline.site:
        site = _build_reason(changes, pipeline.site.components, missing=last is None or last.site is None)
    schema = ""
    if pipeline.database:
        missing = last is None or last.schema is None
        schema = _build_reason(changes, pipeline.database.components, missing=missing)
    configuration = ""
    if last is not None and last.configuration != configuration_hash(pipeline):
        configuration = "tidegate.yaml changed how functions or site run"
    builds = bool(images or site or configuration or schema)
    check = _check_reason(pipeline, changes, builds)
    release = builds or not changes.files
    quiet = "" if release or check else _quiet_reason(changes)
    return Scope(images, site, configuration, check, release, quiet, schema)


def gate_reason(gate: CheckGate, changes: ChangeSet) -> str:
    """Why a gate concerns what changed: one of its components did, or any file where it names none; empty when not."""
    if not gate.components:
        ignored = {one.file for one in changes.ignored}
        return next((f"{file} changed" for file in changes.files if file not in ignored), "")
    return _first_match(changes, gate.components)


def build_reason(pipeline: Pipeline, changes: ChangeSet) -> str:
    """Why something would be built; empty when nothing that is built changed."""
    built = [component for image in pipeline.images.values() for component in image.components]
    site = pipeline.site.components if pipeline.site else ()
    schema = pipeline.database.components if pipeline.database else ()
    return _first_match(changes, (*built, *site, *schema))


def _first_match(changes: ChangeSet, components: Iterable[str]) -> str:
    return next((_told(match) for component in components if (match := changes.reason(component))), "")


def _build_reason(changes: ChangeSet, components: tuple[str, ...], *, missing: bool) -> str:
    return _first_match(changes, components) or ("no release has it yet" if missing else "")


def _check_reason(pipeline: Pipeline, changes: ChangeSet, builds: bool) -> str:
    gate = pipeline.check
    if gate is None:
        return ""
    if builds:
        return "something is built"
    return gate_reason(gate, changes)


def _told(match: Match) -> str:
    return f"{match.file} matches {match.pattern} of {match.component}"


def _quiet_reason(changes: ChangeSet) -> str:
    more = f" and {len(changes.files) - 3} more" if len(changes.files) > 3 else ""
    shown = ", ".join(changes.files[:3]) + more
    if changes.is_ignored:
        patterns = ", ".join(sorted({ignored.pattern for ignored in changes.ignored}))
        return f"only ignored files changed: {shown} ({patterns})"
    return f"no component that makes or judges a release covers what changed: {shown}"
