"""How committed workflow files differ from what the pipeline makes. Pure."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tidegate.actions.page import MADE


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as it would be made.

    Attributes:
        line: The first line of the committed file that differs, from 1; 0 where there is no such file.
        what: In a few words: missing, no longer wanted, or changed.
        diff: From the committed file to the one that would be made, in the unified form.
    """

    path: str
    line: int
    what: str
    diff: str


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> tuple[Difference, ...]:
    """Compare the files that are wanted with those that are there.

    A file that is there and not wanted counts only where Tidegate made it; any other is the team's own.
    """
    return tuple(_differences(wanted, found))


def is_made(text: str) -> bool:
    """Whether a file says that Tidegate made it."""
    return text.startswith(f"# {MADE}")


def _differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    for path, text in wanted.items():
        there = found.get(path)
        if there is None:
            yield Difference(path, 0, "is missing", _diff(path, "", text))
        elif there != text:
            yield Difference(
                path, _first(there, text), "differs from what the pipeline file makes", _diff(path, there, text)
            )
    for path, there in sorted(found.items()):
        if path not in wanted and is_made(there):
            yield Difference(path, 1, "is no longer wanted", _diff(path, there, ""))


def _first(there: str, text: str) -> int:
    """The first line that differs; one past the end where the file is only too short."""
    one, other = there.splitlines(), text.splitlines()
    pairs = enumerate(zip(one, other, strict=False), start=1)
    return next((number for number, (left, right) in pairs if left != right), min(len(one), len(other)) + 1)


def _diff(path: str, there: str, text: str) -> str:
    before, after = (whole.splitlines(keepends=True) for whole in (there, text))
    lines = difflib.unified_diff(before, after, f"{path} (committed)", f"{path} (made)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines).rstrip(
        "\n"
    )
