"""Walking a Dockerfile's instructions: what they make of the base, before any byte is written or sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import assert_never

from tidegate.build.base import BaseImage
from tidegate.build.dependencies import Dependencies
from tidegate.build.dockerfile import refuse
from tidegate.build.expansion import Unexpandable, expand
from tidegate.build.ignore import IgnoreRules
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
from tidegate.build.layer import Entry
from tidegate.build.tree import CopiedTree, inside


@dataclass(frozen=True, slots=True)
class Assembled:
    """What an image consists of, above its base.

    Attributes:
        files: Path in the image → what COPY put there.
        dependencies: One entry a `pip install`, in order.
        environment: All variables, the base's included.
        labels: All labels, the base's included.
        working_dir: The process's folder.
        cmd: Default arguments; None for none.
        entrypoint: The process; None for none.
    """

    files: Mapping[str, Entry]
    dependencies: tuple[Dependencies, ...]
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    working_dir: str
    cmd: tuple[str, ...] | None
    entrypoint: tuple[str, ...] | None


def base_name(instructions: tuple[Instruction, ...], build_args: Mapping[str, str], name: str) -> str:
    """What FROM names, with the ARGs before it expanded.

    Raises:
        NotExpressible: A variable in it has no value.
    """
    variables: dict[str, str] = {}
    for instruction in instructions:
        if isinstance(instruction, Arg):
            _declare(instruction, variables, build_args, {}, name)
        if isinstance(instruction, From):
            return _expanded(instruction.image, variables, name, instruction.line)
    raise refuse(name, 1, "there is no FROM")


def assemble(
    instructions: tuple[Instruction, ...],
    *,
    base: BaseImage,
    build_args: Mapping[str, str],
    context: Path,
    rules: IgnoreRules,
    name: str,
) -> Assembled:
    """Walk the instructions over the base.

    Args:
        instructions: A parsed Dockerfile.
        base: Its base image.
        build_args: Values for its ARGs.
        context: The build context.
        rules: What of the context may not be copied.
        name: The Dockerfile's name, for messages.

    Raises:
        NotExpressible: An instruction that cannot be carried out this way; file and line are in it.
    """
    walk = _Walk(base, build_args, context, rules, name)
    for instruction in instructions:
        walk.step(instruction)
    return walk.result()


class _Walk:
    def __init__(
        self, base: BaseImage, build_args: Mapping[str, str], context: Path, rules: IgnoreRules, name: str
    ) -> None:
        settings = base.settings
        self._base = base
        self._build_args = build_args
        self._name = name
        self._environment = base.environment
        self._arguments: dict[str, str] = {}
        self._global_arguments: dict[str, str] = {}
        self._labels = {str(key): str(value) for key, value in (settings.get("Labels") or {}).items()}
        self._workdir = settings.get("WorkingDir") or "/"
        self._cmd: tuple[str, ...] | None = tuple(settings["Cmd"]) if settings.get("Cmd") else None
        self._cmd_is_own = False
        self._entrypoint: tuple[str, ...] | None = tuple(settings["Entrypoint"]) if settings.get("Entrypoint") else None
        lambda_folders = [self._environment.get(key, "/") for key in ("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR")]
        self._tree = CopiedTree(context, rules, name, [self._workdir, *lambda_folders])
        self._dependencies: list[Dependencies] = []

    def result(self) -> Assembled:
        return Assembled(
            files=dict(self._tree.entries),
            dependencies=tuple(self._dependencies),
            environment=self._environment,
            labels=self._labels,
            working_dir=self._workdir,
            cmd=self._cmd,
            entrypoint=self._entrypoint,
        )

    def step(self, instruction: Instruction) -> None:
        match instruction:
            case From():
                self._global_arguments, self._arguments = self._arguments, {}
            case Arg():
                _declare(instruction, self._arguments, self._build_args, self._global_arguments, self._name)
            case Env(line, pairs):
                # One ENV sees the values from before it, whatever its own pairs set.
                self._environment |= {key: self._expand(value, line) for key, value in pairs}
            case Label(line, pairs):
                self._labels |= {self._expand(key, line): self._expand(value, line) for key, value in pairs}
            case Workdir(line, path):
                self._workdir = f"/{inside(str(PurePosixPath(self._workdir) / self._expand(path, line)))}"
                self._tree.make_folder(self._workdir)
            case Copy(line, sources, destination):
                expanded = tuple(self._expand(source, line) for source in sources)
                self._tree.copy(line, expanded, self._expand(destination, line), self._workdir)
            case PipInstall():
                self._dependencies.append(self._install(instruction))
            case Cmd(_, arguments):
                self._cmd, self._cmd_is_own = arguments, True
            case Entrypoint(_, arguments):
                # As docker: an own ENTRYPOINT takes back the base's CMD.
                self._entrypoint = arguments
                self._cmd = self._cmd if self._cmd_is_own else None
            case _:
                assert_never(instruction)

    def _install(self, instruction: PipInstall) -> Dependencies:
        line = instruction.line
        files, shown = [], []
        for requirement in instruction.requirements:
            place = str(PurePosixPath(self._workdir) / self._expand(requirement, line))
            file = self._tree.file(place)
            if file is None:
                raise refuse(self._name, line, f"pip install -r {place}: no COPY before it put that file there")
            files.append(file)
            shown.append(file.name)
        target = None
        if instruction.target is not None:
            target = str(PurePosixPath(self._workdir) / self._expand(instruction.target, line))
        interpreter = self._base.interpreter()
        if interpreter is None:
            raise refuse(self._name, line, f"which Python {self._base.reference} holds is not known")
        return Dependencies(
            tuple(files), interpreter, target, instruction.from_source, instruction.options, tuple(shown)
        )

    def _expand(self, text: str, line: int) -> str:
        # ENV wins over an ARG of the same name, as in docker.
        return _expanded(text, {**self._arguments, **self._environment}, self._name, line)


def _declare(
    arg: Arg,
    variables: dict[str, str],
    build_args: Mapping[str, str],
    inherited: Mapping[str, str],
    name: str,
) -> None:
    if arg.name in build_args:
        variables[arg.name] = build_args[arg.name]
    elif arg.default is not None:
        variables[arg.name] = _expanded(arg.default, variables, name, arg.line)
    elif arg.name in inherited:
        variables[arg.name] = inherited[arg.name]


def _expanded(text: str, variables: Mapping[str, str], name: str, line: int) -> str:
    try:
        return expand(text, variables)
    except Unexpandable as error:
        raise refuse(name, line, str(error)) from None
