"""The workflow files of GitHub Actions: write them, and compare what is committed with what the pipeline file makes."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from tidegate.actions.difference import Difference, differences, is_made
from tidegate.actions.pins import pins_of
from tidegate.actions.workflows import FOLDER, workflows
from tidegate.config.load import load
from tidegate.errors import ConfigError, GateFailed
from tidegate.model.actions import Actions, Credentials, Pin
from tidegate.operations.project import Project

KEYS_WARNING = (
    "actions.credentials is 'keys': whoever reads a long-lived key once has it for good; with 'oidc' each job has a"
    " role for minutes"
)


class WorkflowsDiffer(GateFailed):
    """Committed workflow files are not what the pipeline file makes."""

    def __init__(self, found: tuple[Difference, ...]) -> None:
        first, *others = found
        where = f"{first.path}:{first.line}" if first.line else first.path
        more = f"; not as it should be is also {', '.join(one.path for one in others)}" if others else ""
        super().__init__(
            f"this workflow file {first.what}{more}",
            where=where,
            what_next="`tidegate actions write` makes the files anew; what must differ goes into the pipeline file",
        )


def write_workflows(project: Project) -> Mapping[str, str]:
    """Write the workflow files, and remove those that Tidegate made and are no longer wanted.

    Returns:
        Path below the project's folder → `wrote` or `removed`; empty where nothing had to be changed.

    Raises:
        ConfigError: The pipeline file is wrong, a file cannot be written, or one that somebody wrote by hand has the
            name of one that is wanted; then nothing is written.
    """
    wanted = _wanted(project)
    found = _found(project)
    for path in wanted:
        if path in found and not is_made(found[path]):
            raise ConfigError(
                "somebody wrote this file by hand, and it has the name of one that would be made",
                where=path,
                what_next="move it away (`git mv`, `git rm`), then again",
            )
    changed = {}
    for one in differences(wanted, found):
        file = project.folder / one.path
        try:
            if one.path in wanted:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(wanted[one.path], encoding="utf-8", newline="\n")
            else:
                file.unlink()
        except OSError as error:
            raise ConfigError(
                f"cannot be written: {error.strerror}", where=str(file), what_next="check its rights, then again"
            ) from error
        changed[one.path] = "wrote" if one.path in wanted else "removed"
    return changed


def check_workflows(project: Project) -> tuple[Difference, ...]:
    """Compare the workflow files of the working tree with what the pipeline file makes.

    Raises:
        ConfigError: The pipeline file is wrong, or a file cannot be read.
    """
    return differences(_wanted(project), _found(project))


def warnings_of(project: Project) -> tuple[str, ...]:
    """What the section `actions` allows and is better not done, and what runners would not find."""
    actions = load(project.folder / project.file).actions
    return tuple(_warnings(project, actions)) if actions is not None else ()


def pinned_actions(project: Project) -> tuple[Pin, ...]:
    """The actions that workflow files may use, each at its commit; Tidegate's own where there is no pipeline file.

    Raises:
        ConfigError: The pipeline file is wrong.
    """
    file = project.folder / project.file
    return tuple(pins_of(load(file).actions if file.exists() else None))


def _warnings(project: Project, actions: Actions) -> Iterator[str]:
    if actions.credentials is Credentials.KEYS:
        yield KEYS_WARNING
    folder, requirements = actions.supply.path, actions.supply.requirements
    if folder is not None and not (project.folder / folder).is_dir():
        yield _not_there("path", folder, "copy Tidegate's source there, with its runner.lock")
        if PurePosixPath(requirements).is_relative_to(folder):
            return
    if not (project.folder / requirements).is_file():
        made = f"uv pip compile --generate-hashes -o {requirements} FILE"
        yield _not_there("requirements", requirements, f"`{made}`, with a FILE that names tidegate, makes it")


def _not_there(key: str, path: str, what_next: str) -> str:
    return (
        f"no runner could install Tidegate: {path}, which actions.tidegate.{key} names, is not there\n"
        f"  next: {what_next}; commit it"
    )


def _wanted(project: Project) -> Mapping[str, str]:
    return workflows(load(project.folder / project.file), project.file)


def _found(project: Project) -> Mapping[str, str]:
    """The workflow files that are there, whatever a checkout on another system made of the ends of lines."""
    folder = project.folder / FOLDER
    files = sorted((*folder.glob("*.yml"), *folder.glob("*.yaml")))
    return {f"{FOLDER}/{file.name}": _read(file) for file in files}


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", where=str(file), what_next="check its rights, then again"
        ) from error
