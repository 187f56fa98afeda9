"""What others moved: live pointers that stand neither at the way back nor at what is intended. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.model.pipeline import Pipeline
from tidegate.model.release import Release
from tidegate.model.snapshot import Snapshot
from tidegate.targets.step import LIVE

SITE = "site"
"""The site among an environment's targets; functions go by their keys."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A live pointer that somebody else moved.

    Attributes:
        pointer: For people, such as `api-dev: live`.
        expected: Where it stood when the change began.
        found: Where it stands.
    """

    pointer: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.pointer}: expected {self.expected}, found {self.found}"


def strangers(snapshot: Snapshot, way_back: object, intended: Release, pipeline: Pipeline) -> dict[str, Stranger]:
    """Targets, functions by key, whose live pointer stands neither where it stood nor at the intended release.

    Args:
        snapshot: What is observed.
        way_back: Where the pointers stood, see `pointers.pointers_of`.
        intended: The release that the change is about.
        pipeline: Says which image a function runs.
    """
    assert isinstance(way_back, dict)
    versions: Mapping[str, str] = way_back["functions"]
    found: dict[str, Stranger] = {}
    for key, function in snapshot.functions.items():
        live, pointer = function.at(LIVE), function.aliases.get(LIVE)
        wanted = intended.images.get(pipeline.functions[key].image)
        ours = live is not None and wanted is not None and live.digest == wanted.digest
        if pointer and not ours and pointer.version != versions.get(key, pointer.version):
            found[key] = Stranger(f"{function.name}: live", versions[key], pointer.version)
    if snapshot.site is not None:
        app, stood = snapshot.site.app.release, str(way_back["app"])
        if app not in {stood, intended.site.digest if intended.site else stood}:
            found[SITE] = Stranger("APP", stood[:19] or "nothing", app[:19] or "nothing")
    return found


def split(snapshot: Snapshot) -> str:
    """What says that somebody splits the traffic of a live alias; empty where each leads to one version."""
    for function in snapshot.functions.values():
        live = function.aliases.get(LIVE)
        if live is not None and live.weights:
            shares = ", ".join(f"{share:.0%} to {version}" for version, share in live.weights.items())
            return f"live of {function.name} leads to {live.version} with {shares}"
    return ""
