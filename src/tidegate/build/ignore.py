"""`.dockerignore`: which files of the context an image may see."""

import re
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath

# Written into a checkout by tools that run there; never part of a commit.
_NEVER = frozenset({".git", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    keeps: bool


class IgnoreRules:
    """The rules of one file, the last match of which decides (Docker: ".dockerignore files")."""

    def __init__(self, text: str = "") -> None:
        self._rules = tuple(_rule(line) for line in _lines(text))

    def ignores(self, path: str) -> bool:
        """Whether a context-relative path is left out; a rule for a folder holds for all below it."""
        parts = path.split("/")
        if not _NEVER.isdisjoint(parts):
            return True
        ignored = False
        prefixes = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        for rule in self._rules:
            if ignored == rule.keeps and any(rule.pattern.fullmatch(prefix) for prefix in prefixes):
                ignored = not rule.keeps
        return ignored

    def prunes(self, path: str) -> bool:
        """Whether nothing below an ignored folder can be kept, so that nobody need look."""
        if path.rpartition("/")[2] in _NEVER:
            return True
        return not any(rule.keeps for rule in self._rules) and self.ignores(path)


def read_ignore_rules(context: Path, dockerfile: Path) -> IgnoreRules:
    """The rules for a Dockerfile: `<Dockerfile>.dockerignore` beside it, else `.dockerignore` of the context."""
    for candidate in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore"):
        if candidate.is_file():
            return IgnoreRules(candidate.read_text(encoding="utf-8-sig"))
    return IgnoreRules()


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines() if not line.startswith("#"))
    return [line for line in stripped if line]


def _rule(line: str) -> _Rule:
    keeps = line.startswith("!")
    path = normpath(line.removeprefix("!").strip()).lstrip("/")
    return _Rule(translate(path), keeps)


def translate(pattern: str) -> re.Pattern[str]:
    """A Go `filepath.Match` pattern, with Docker's `**`, as a regular expression over a whole path."""
    out = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        index += 1
        if char == "*":
            if pattern[index : index + 1] == "*":
                index += 1
                if pattern[index : index + 1] == "/":
                    index += 1
                    out.append("(?:.*/)?")
                else:
                    out.append(".*")
            else:
                out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[" and "]" in pattern[index:]:
            end = pattern.index("]", index)
            group = pattern[index:end].replace("\\", "\\\\")
            out.append(f"[{group}]")
            index = end + 1
        elif char == "\\" and index < len(pattern):
            out.append(re.escape(pattern[index]))
            index += 1
        else:
            out.append(re.escape(char))
    return re.compile("".join(out), re.DOTALL)
