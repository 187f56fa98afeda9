"""GitHub workflows made of a pipeline, as `{path: text}`. Pure: nothing here reads or writes a file.

`pins`: the actions that may be used. `steps` and `job`: what jobs are made of. `deploy`, `pull_request`,
`infrastructure`: a workflow each. `page`: their YAML. `workflows`: all of them. `difference`: against what is committed.
"""

from tidegate.actions.workflows import FOLDER, workflows

__all__ = ["FOLDER", "workflows"]
