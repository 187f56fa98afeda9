"""The Dockerfile instructions that an image can be layered from, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class From:
    """The base image."""

    line: int
    image: str


@dataclass(frozen=True, slots=True)
class Arg:
    """A build argument; `default` is None without one."""

    line: int
    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Env:
    """Environment variables, in order."""

    line: int
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Image labels, in order."""

    line: int
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Workdir:
    """The working folder for what follows and for the process."""

    line: int
    path: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Files from the build context; variables are not expanded yet."""

    line: int
    sources: tuple[str, ...]
    destination: str


@dataclass(frozen=True, slots=True)
class PipInstall:
    """`RUN pip install -r FILE …`: variables are not expanded yet.

    Attributes:
        requirements: Files, as paths in the image.
        target: `--target`; None installs where the base's interpreter looks.
        from_source: Packages named by `--no-binary`: the exceptions to wheels only.
        options: Further options that change the outcome, such as `--no-deps`.
    """

    line: int
    requirements: tuple[str, ...]
    target: str | None = None
    from_source: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cmd:
    """The process's default arguments."""

    line: int
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """The process."""

    line: int
    arguments: tuple[str, ...]


Instruction = From | Arg | Env | Label | Workdir | Copy | PipInstall | Cmd | Entrypoint
