"""The candidate of an environment: what its gates tested must be what is promoted."""

from collections.abc import Mapping

from tidegate.errors import Moved
from tidegate.execute.workshop import Workshop
from tidegate.model.snapshot import Snapshot
from tidegate.targets.step import CANDIDATE

CANDIDATES = "candidates"
"""Under this name the report of a deployment says which versions were tested."""


def versions(snapshot: Snapshot) -> dict[str, str]:
    """Function key → the version that is its candidate."""
    found = {key: function.aliases.get(CANDIDATE) for key, function in snapshot.functions.items()}
    return {key: pointer.version for key, pointer in found.items() if pointer}


def same_versions(snapshot: Snapshot, tested: Mapping[str, object]) -> None:
    """See that the candidates are the very versions that were tested: another may have another configuration.

    Raises:
        Moved: When one is not.
    """
    for key, version in versions(snapshot).items():
        if tested.get(key, version) != version:
            raise _moved(f"version {tested[key]}", f"version {version}", snapshot.functions[key].name)


def same_site(shop: Workshop, snapshot: Snapshot) -> None:
    """See that TEST shows the release, where the browser tests were to be made of it.

    Raises:
        Moved: When it does not.
    """
    site = shop.release().site
    if shop.pipeline.browser is None or site is None or snapshot.site is None:
        return
    if (shown := snapshot.site.test.release) != site.digest:
        raise _moved(site.digest[:19], shown[:19] or "nothing", f"TEST of {snapshot.environment}")


def _moved(expected: str, found: str, where: str) -> Moved:
    return Moved(
        f"candidate is not what was tested: expected {expected}, found {found}",
        where=where,
        what_next="find out who deploys here besides Tidegate, then `tidegate run` again",
    )
