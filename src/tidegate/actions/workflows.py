"""All workflow files of a pipeline."""

import shlex
from collections.abc import Mapping

from tidegate.actions.deploy import deploy
from tidegate.actions.infrastructure import infrastructure
from tidegate.actions.page import MADE, page
from tidegate.actions.pull_request import pull_request
from tidegate.errors import ConfigError
from tidegate.model.pipeline import Pipeline

FOLDER = ".github/workflows"


def workflows(pipeline: Pipeline, file: str = "tidegate.yaml") -> Mapping[str, str]:
    """Return the text of each workflow file by its path below the repository's root.

    Args:
        pipeline: What the file declares.
        file: Path of the pipeline file below the repository's root.

    Raises:
        ConfigError: The file has no section `actions`.
    """
    actions = pipeline.actions
    if actions is None:
        raise ConfigError(
            "no workflow can be made without the section 'actions'",
            where=file,
            what_next="add 'actions:' with 'ledger' and 'tidegate'; docs/tidegate.example.yaml explains them",
        )
    call = "tidegate" if file == "tidegate.yaml" else f"tidegate --file {shlex.quote(file)}"
    made = {"deploy.yml": deploy(pipeline, actions, call), "pr-check.yml": pull_request(pipeline, actions, call)}
    if pipeline.infrastructure:
        made["terraform-test.yml"] = infrastructure(pipeline, actions, call)
    head = (
        f"{MADE} of {file}. Do not edit: change that file, and make this one anew.",
        "Each job is one call of Tidegate, which decides by the ledger; the conditions here only save runners.",
    )
    return {f"{FOLDER}/{name}": page(content, head) for name, content in made.items()}
