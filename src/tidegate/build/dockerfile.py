"""Reading a Dockerfile into the instructions that an image can be layered from; everything else is refused."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping

from tidegate.build.instruction import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    From,
    Instruction,
    Label,
    PipInstall,
    Workdir,
)
from tidegate.build.pip_command import parse_run
from tidegate.errors import BuildError

OTHER_WAY = "keep to what can be layered without docker, or set `builder: docker` for this image"

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class NotExpressible(BuildError):
    """A Dockerfile that layering cannot express; `where` holds its line."""


def refuse(name: str, line: int, what: str) -> NotExpressible:
    """A refusal that names file and line, and the other builder."""
    return NotExpressible(what, where=f"{name}:{line}", what_next=OTHER_WAY)


def parse_dockerfile(text: str, name: str = "Dockerfile") -> tuple[Instruction, ...]:
    """Parse a Dockerfile; `name` is for messages.

    Raises:
        NotExpressible: For an instruction, a flag or a form outside of the subset.
    """
    instructions = tuple(_parse_one(name, line, statement) for line, statement in _statements(text, name))
    bases = [i for i in instructions if isinstance(i, From)]
    if not bases:
        raise refuse(name, 1, "there is no FROM")
    if len(bases) > 1:
        raise refuse(name, bases[1].line, "a build with several stages cannot be layered")
    for instruction in instructions[: instructions.index(bases[0])]:
        if not isinstance(instruction, Arg):
            raise refuse(name, instruction.line, "only ARG may come before FROM")
    return instructions


def _statements(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first line: continuations joined, comments and blank lines gone."""
    parts: list[str] = []
    first = 0
    directives = True
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if line.startswith("#") or not line:
            directive = _DIRECTIVE.fullmatch(line) if directives else None
            if directive and directive[1].lower() == "escape":
                raise refuse(name, number, "the directive escape is not supported")
            directives = directives and directive is not None
            continue
        directives = False
        first = first or number
        continued = line.endswith("\\")
        parts.append(line.removesuffix("\\") if continued else line)
        if not continued:
            yield first, " ".join(parts).strip()
            parts, first = [], 0
    if parts:
        yield first, " ".join(parts).strip()


def _parse_one(name: str, line: int, statement: str) -> Instruction:
    word, _, rest = statement.partition(" ")
    word, rest = word.upper(), rest.strip()
    parse = _PARSERS.get(word)
    if parse is None:
        raise refuse(name, line, f"{word} is not supported")
    if not rest:
        raise refuse(name, line, f"{word} without arguments")
    if "<<" in rest:
        raise refuse(name, line, "here-documents are not supported")
    try:
        return parse(line, rest)
    except ValueError as error:
        raise refuse(name, line, str(error)) from None


def _from(line: int, rest: str) -> From:
    words = rest.split()
    if words[0].startswith("--platform="):
        if words[0] != "--platform=linux/amd64":
            raise ValueError(f"{words[0]}: only linux/amd64 is built")
        words = words[1:]
    if len(words) == 3 and words[1].upper() == "AS":
        words = words[:1]
    if len(words) != 1 or words[0].startswith("--"):
        raise ValueError(f"FROM {rest} is not supported")
    if words[0] == "scratch":
        raise ValueError("FROM scratch is not supported")
    return From(line, words[0])


def _arg(line: int, rest: str) -> Arg:
    name, equals, default = rest.partition("=")
    if not _NAME.fullmatch(name) or (equals and len(shlex.split(default)) > 1):
        raise ValueError("ARG takes one NAME or NAME=default")
    return Arg(line, name, _unquoted(default) if equals else None)


def _pairs(rest: str) -> tuple[tuple[str, str], ...]:
    first = rest.split(maxsplit=1)
    if "=" not in first[0]:
        # The old form: one name, and the rest of the line is its value.
        if len(first) < 2:
            raise ValueError(f"{first[0]} has no value")
        return ((first[0], _unquoted(first[1])),)
    pairs = []
    for word in _words(rest):
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ValueError(f"{word!r} is not NAME=value")
        pairs.append((key, value))
    return tuple(pairs)


def _copy(line: int, rest: str) -> Copy:
    while rest.startswith("--"):
        flag, _, rest = rest.partition(" ")
        # Whoever owns files in the image does not matter to a function, whose root is read-only.
        if not flag.startswith("--chown=") and flag not in {"--link", "--link=true"}:
            raise ValueError(f"COPY {flag.partition('=')[0]} is not supported")
        rest = rest.strip()
    words = list(_json_form(rest)) if rest.startswith("[") else _words(rest)
    if len(words) < 2:
        raise ValueError("COPY takes a source and a destination")
    return Copy(line, tuple(words[:-1]), words[-1])


def _run(line: int, rest: str) -> PipInstall:
    return parse_run(line, rest, _json_form(rest) if rest.startswith("[") else None)


def _json_form(rest: str) -> tuple[str, ...]:
    try:
        value = json.loads(rest)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError('only the JSON form is supported here, such as ["app.handler"]')
    return tuple(value)


def _words(rest: str) -> list[str]:
    """Words with quotes taken away and variables left as they are: an escaped dollar sign stays escaped."""
    if "'" in rest and "$" in rest:
        raise ValueError("a variable and single quotes on one line are not supported: use double quotes")
    return shlex.split(rest.replace("\\$", "\\\\$"))


def _unquoted(text: str) -> str:
    words = _words(text)
    if len(words) == 1:
        return words[0]
    return text


_PARSERS: Mapping[str, Callable[[int, str], Instruction]] = {
    "FROM": _from,
    "ARG": _arg,
    "ENV": lambda line, rest: Env(line, _pairs(rest)),
    "LABEL": lambda line, rest: Label(line, _pairs(rest)),
    "WORKDIR": lambda line, rest: Workdir(line, _unquoted(rest)),
    "COPY": _copy,
    "RUN": _run,
    "CMD": lambda line, rest: Cmd(line, _json_form(rest)),
    "ENTRYPOINT": lambda line, rest: Entrypoint(line, _json_form(rest)),
}
