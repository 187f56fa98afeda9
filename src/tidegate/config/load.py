"""Load `tidegate.yaml`: read, check the shape, check what belongs together, assemble."""

from pathlib import Path as FilePath
from typing import Any

from tidegate.config.problems import Problem, refuse
from tidegate.config.source import read
from tidegate.errors import ConfigError
from tidegate.model.pipeline import Pipeline

FILE_NAME = "tidegate.yaml"
_FILL = "give it a value, or remove the key: nothing is switched off by leaving it empty"


def load(path: FilePath) -> Pipeline:
    """Load a file, or the `tidegate.yaml` of a folder.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong: all of it, in one message.
    """
    file = path / FILE_NAME if path.is_dir() else path
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        what_next = "tidegate init writes one to begin with"
        raise ConfigError("no such file", where=str(file), what_next=what_next) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file), what_next="check its rights") from error
    return parse(text, str(file))


def parse(text: bytes, where: str) -> Pipeline:
    """Parse the text of a `tidegate.yaml`; `where` names it in messages.

    Raises:
        ConfigError: Something in it is wrong: all of it, in one message.
    """
    document = read(text, where)
    # pydantic takes most of the time that loading takes, and commands that load nothing need not pay it
    from pydantic import ValidationError  # noqa: PLC0415

    from tidegate.config.assemble import assemble  # noqa: PLC0415
    from tidegate.config.check import check  # noqa: PLC0415
    from tidegate.config.document import PipelineFile  # noqa: PLC0415
    from tidegate.config.shape import dotted, problem  # noqa: PLC0415

    empty = [Problem(document.place(path), f"{dotted(path)} is empty", _FILL) for path in document.empty()]
    if empty:
        refuse(empty, where, document.lines)
    try:
        file = PipelineFile.model_validate(document.data)
    except ValidationError as error:
        # what is missing may have been misspelt: the unknown key comes first
        details = sorted(error.errors(include_url=False), key=lambda detail: detail["type"] != "extra_forbidden")
        refuse([problem(document, detail) for detail in details], where, document.lines)
    problems = [Problem(document.place(one.path, key=one.key), one.what, one.what_next) for one in check(file)]
    if problems:
        refuse(problems, where, document.lines)
    return assemble(file)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `tidegate.yaml`, for editors."""
    from tidegate.config.editor import json_schema  # noqa: PLC0415  (as in `parse`)

    return json_schema()
