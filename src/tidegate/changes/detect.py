"""From changed files to changed components, with the reason for each. Pure.

An ignored file belongs to no component, whatever else was pushed with it, so the result for a file does not depend
on its company: a documentation change that started nothing yesterday starts nothing as part of today's difference.
"""

from collections.abc import Iterable, Mapping

from tidegate.changes.globs import PathSet
from tidegate.model.changes import ChangeSet, Ignored, Match


def detect(
    base: str | None,
    head: str,
    files: Iterable[str],
    components: Mapping[str, Iterable[str]],
    ignore: Iterable[str] = (),
) -> ChangeSet:
    """Match changed files against the patterns of each component.

    Args:
        base: The commit of the last release; None before the first one, when `files` is every file of `head`.
        head: The commit that the change set is for.
        files: Paths relative to the repository's root.
        components: Component → its picomatch patterns, in the pipeline's order.
        ignore: Patterns of files that start nothing.

    Raises:
        PatternError: A pattern is impossible.
    """
    changed = tuple(files)
    ignoring = PathSet(ignore)
    sets = [(component, PathSet(patterns)) for component, patterns in components.items()]
    matches: list[Match] = []
    ignored: list[Ignored] = []
    for file in changed:
        if (pattern := ignoring.match(file)) is not None:
            ignored.append(Ignored(file, pattern))
            continue
        for component, paths in sets:
            if (pattern := paths.match(file)) is not None:
                matches.append(Match(component, file, pattern))
    return ChangeSet(base, head, changed, tuple(matches), tuple(ignored))
