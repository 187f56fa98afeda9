"""GitHub workflows made of a pipeline, as `{path: text}`. Pure: nothing here reads or writes a file.

`pins`: the actions that may be used. `steps` and `job`: what workflows are made of. `deploy`, `pull_request`,
`infrastructure`: a workflow each. `page`: its YAML. `workflows`: all of them. `difference`: what is committed instead.
"""

from tidegate.actions.workflows import FOLDER, workflows

__all__ = ["FOLDER", "workflows"]
