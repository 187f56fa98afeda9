"""Path globs with picomatch meaning (`dot: true`), as in dorny/paths-filter.

`wcmatch` translates a glob into a regular expression; this module rewrites the few forms that picomatch reads in
another way and refuses those that can only be a mistake. `tests/changes/test_globs.py` holds the table of edge
cases, checked against picomatch 4.0, and names the deviations that remain:

- braces are expanded first, as a shell does, so `{**/*.md,docs/**}` also matches a Markdown file at the root;
- `!(a)/b` excludes the folder `a` alone; picomatch also excludes those whose name begins with `a`;
- `{01..03}` keeps its zeros; a bracket or an extglob never matches across a `/`; quotes are ordinary characters;
- `**` matches a file name that holds a newline (JavaScript's `.` does not).

A list of patterns has the meaning of the paths-filter quantifier `some-with-excludes`, whatever its order: a file
belongs to the list if at least one positive pattern and no negated one matches. The older quantifier `some` is not
offered: there, `!docs/**` by itself matches every file outside `docs`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tidegate.model.changes import PatternError, check_pattern, check_patterns, is_negated

_MAGIC = re.compile(r"[*?\[\]{}()!+@|\\]")
_LAST_MAGIC_OR_SEPARATOR = re.compile(r".*[*?\[\]{}()!+@|\\/]", re.DOTALL)
_BARE_EXTENSION = re.compile(r"\*\*((?:\.\w+)+)")
_REPEATED_GLOBSTAR = re.compile(r"(?<![^/])\*\*(?:/\*\*)+(?![^/])")
_EXTGLOB_SIGNS = frozenset("?*+@!")
_MAX_BRACE_EXPANSION = 1000
"""How many alternatives the braces of one pattern may expand to."""


@dataclass(frozen=True, slots=True)
class Glob:
    """One compiled positive pattern. `prefix` and `suffix` are its literal ends, cheap tests that most files fail."""

    text: str
    prefix: str
    suffix: str
    regex: re.Pattern[str] | None
    """None for `literal/**`, where the prefix alone decides."""

    def matches(self, path: str) -> bool:
        """Tell whether `path` (relative to the repository's root, `/` as separator) matches.

        A path that is the pattern to the letter matches, as in picomatch: `app/[id]/page.tsx` names that very file.
        """
        if not (path.startswith(self.prefix) and path.endswith(self.suffix)):
            return False
        if self.regex is not None:
            return path == self.text or self.regex.fullmatch(path) is not None
        return len(path) == len(self.prefix) or path[len(self.prefix)] == "/"


@lru_cache(maxsize=4096)
def compile_glob(text: str) -> Glob:
    """Compile one positive pattern.

    Raises:
        PatternError: The pattern can never match a path of a repository, or means different things to different tools.
    """
    check_pattern(text)
    pattern = _REPEATED_GLOBSTAR.sub("**", _strip_current_directory(text))
    stem = pattern.removesuffix("/**")
    if stem != pattern and not _MAGIC.search(stem):
        return Glob(text, stem, "", None)
    magic = _MAGIC.search(pattern)
    prefix = pattern[: magic.start()] if magic else pattern
    suffix = _LAST_MAGIC_OR_SEPARATOR.sub("", pattern)
    return Glob(text, prefix, suffix, _regex(text, pattern))


class PathSet:
    """A list of patterns: the files that match at least one positive pattern and no negated one.

    Raises:
        PatternError: A pattern is impossible, or there is no positive pattern.
    """

    __slots__ = ("_excluded", "_included", "_prefixes")

    def __init__(self, patterns: Iterable[str]) -> None:
        listed = tuple(patterns)
        check_patterns(listed)
        self._included = tuple(compile_glob(pattern) for pattern in listed if not is_negated(pattern))
        self._prefixes = tuple(glob.prefix for glob in self._included)
        self._excluded = tuple(compile_glob(pattern[1:]) for pattern in listed if is_negated(pattern))

    def match(self, path: str) -> str | None:
        """Return the first positive pattern that makes `path` belong to the set, or None."""
        if not path.startswith(self._prefixes):  # one call that most files fail
            return None
        for glob in self._included:
            if glob.matches(path):
                return None if any(excluded.matches(path) for excluded in self._excluded) else glob.text
        return None


def _strip_current_directory(pattern: str) -> str:
    while pattern.startswith("./"):
        pattern = pattern[2:]
    return pattern


def _regex(text: str, pattern: str) -> re.Pattern[str]:
    from wcmatch import glob  # noqa: PLC0415  (10 ms that a command without globs need not pay)
    from wcmatch._wcparse import PatternLimitException  # noqa: PLC0415  (as above)

    flags = glob.GLOBSTAR | glob.DOTGLOB | glob.EXTGLOB | glob.BRACE | glob.FORCEUNIX | glob.CASE
    try:
        translated, _ = glob.translate(_alternatives(pattern), flags=flags, limit=_MAX_BRACE_EXPANSION)
        return re.compile("|".join(translated))
    except PatternLimitException:
        problem = f"the braces expand to more than {_MAX_BRACE_EXPANSION} patterns"
        raise PatternError(text, problem, "use '*' or several patterns") from None
    except (re.error, ValueError) as error:
        raise PatternError(
            text, f"not a glob ({error})", "escape a literal bracket or brace with a backslash"
        ) from error


def _alternatives(pattern: str) -> list[str]:
    """Rewrite `pattern` so that wcmatch gives it picomatch's meaning."""
    pattern = _name_groups(pattern)
    bare = _BARE_EXTENSION.fullmatch(pattern)
    if bare:
        return [f"**/*{bare[1]}"]
    stem = pattern.removesuffix("/**")
    if stem != pattern and not stem.endswith("*"):
        return [pattern, stem]  # for picomatch, `a/**` matches `a` too
    return [pattern]


def _name_groups(pattern: str) -> str:
    """Turn a regular-expression group, `(a|b)`, which picomatch understands, into the extglob `@(a|b)`."""
    if "(" not in pattern:
        return pattern
    out: list[str] = []
    in_bracket = escaped = False
    for index, character in enumerate(pattern):
        if character == "(" and not (escaped or in_bracket or (index and pattern[index - 1] in _EXTGLOB_SIGNS)):
            out.append("@")
        if not escaped and character in "[]":
            in_bracket = character == "["
        escaped = character == "\\" and not escaped
        out.append(character)
    return "".join(out)
