"""terraform-test.yml: the gates of the infrastructure, `opa-policy` on each change and `terratest` on pushes."""

from collections.abc import Mapping
from dataclasses import replace

from tidegate.actions import steps
from tidegate.actions.job import WorkflowJob, minutes_for
from tidegate.actions.page import Value
from tidegate.actions.pull_request import GATE, gate, judge
from tidegate.model.actions import Actions
from tidegate.model.pipeline import Pipeline

OPA_POLICY = "opa-policy"
TERRATEST = "terratest"


def infrastructure(pipeline: Pipeline, actions: Actions, call: str) -> Mapping[str, Value]:
    """The workflow of the declared gates of the infrastructure; `call` is how Tidegate is called."""
    made: dict[str, WorkflowJob] = {}
    for name, declared in pipeline.infrastructure.items():
        tools = (steps.terraform(actions), *((steps.go(actions),) if name == TERRATEST else ()))
        job = judge(actions, f"{call} job {name}", name, minutes_for(declared.timeout_seconds), tools)
        if name == TERRATEST:
            job = replace(job, needs=tuple(made), condition="github.event_name == 'push'")
        made[name] = job
    made[GATE] = gate(actions, call, "terraform-test", tuple(made))
    return {
        "name": "Terraform test",
        "on": {
            "pull_request": {"branches": list(actions.pull_requests)},
            "push": {"branches": list(actions.infrastructure)},
        },
        "permissions": {},
        # What a push tests is not cut short by the next one.
        "concurrency": {
            "group": f"terraform-test-{pipeline.product}-${{{{ github.ref }}}}",
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
        "jobs": {name: job.content() for name, job in made.items()},
    }
