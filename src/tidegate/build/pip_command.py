"""Reading `RUN pip install -r FILE …`: the one RUN that a layer can stand in for."""

import re
import shlex
from collections.abc import Iterator

from tidegate.build.instruction import PipInstall

_SHELL = re.compile(r"[;&|<>`()]")
_COMMANDS = (("pip",), ("pip3",), ("uv", "pip"), ("python", "-m", "pip"), ("python3", "-m", "pip"))
# They change how pip works, not what it installs into an empty folder.
_WITHOUT_EFFECT = frozenset(
    {
        *("--no-cache-dir", "--no-cache", "--no-compile", "--upgrade", "-U", "--quiet", "-q", "--no-input", "--system"),
        *("--disable-pip-version-check", "--root-user-action=ignore", "--no-warn-script-location", "--prefer-binary"),
    }
)
_KEPT = frozenset({"--no-deps", "--require-hashes"})
_LONG = {"-r": "--requirement", "-t": "--target"}
_WITH_VALUE = frozenset({"--requirement", "--target", "--no-binary", "--only-binary"})


def parse_run(line: int, command: str, words: tuple[str, ...] | None) -> PipInstall:
    """Read a RUN; `words` are those of the JSON form, None for the shell form.

    Raises:
        ValueError: For any other command, shell syntax, or an option that is not known.
    """
    if words is None:
        if command.startswith("--"):
            flag = command.split(maxsplit=1)[0].partition("=")[0]
            raise ValueError(f"RUN {flag} is not supported")
        if _SHELL.search(command):
            raise ValueError("RUN with shell syntax is not supported; `RUN pip install -r FILE` alone is")
        words = tuple(shlex.split(command))
    for beginning in _COMMANDS:
        if words[: len(beginning) + 1] == (*beginning, "install"):
            return _pip_install(line, words[len(beginning) + 1 :])
    raise ValueError(f"RUN {command[:60]} is not supported; `RUN pip install -r FILE` is")


def _pip_install(line: int, words: tuple[str, ...]) -> PipInstall:
    options: dict[str, list[str]] = {name: [] for name in _WITH_VALUE}
    kept: set[str] = set()
    for name, value in _options(words):
        if value is not None:
            options[name].append(value)
        elif name in _KEPT:
            kept.add(name)
    if not options["--requirement"]:
        raise ValueError("pip install without -r FILE is not supported")
    if set(options["--only-binary"]) - {":all:"}:
        raise ValueError("pip install --only-binary other than :all: is not supported")
    packages = {package.strip() for value in options["--no-binary"] for package in value.split(",")}
    if any(package.startswith(":") for package in packages):
        raise ValueError("pip install --no-binary takes package names here, so that each exception is named")
    return PipInstall(
        line,
        tuple(options["--requirement"]),
        options["--target"][-1] if options["--target"] else None,
        tuple(sorted(packages)),
        tuple(sorted(kept)),
    )


def _options(words: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Options with their values; those without effect are left out."""
    rest = iter(words)
    for word in rest:
        name, equals, inline = word.partition("=")
        name = _LONG.get(name, name)
        if word in _WITHOUT_EFFECT:
            continue
        if word in _KEPT:
            yield word, None
        elif name in _WITH_VALUE:
            value = inline if equals else next(rest, "")
            if not value:
                raise ValueError(f"pip install {name} without a value")
            yield name, value
        else:
            raise ValueError(f"pip install {word}: only `-r FILE` and a few options are supported")
