"""Rendered workflows, read as GitHub reads them."""

from collections.abc import Mapping
from dataclasses import replace

from tests.plan.database import SPEC
from tests.plan.reference import PIPELINE
from tests.soak.shop import DECLARED
from tests.workflows.workflow import Workflow, load_workflow
from tidegate.actions import FOLDER, workflows
from tidegate.config.load import parse
from tidegate.model.actions import Actions, ApprovalBy, Supply
from tidegate.model.database import VpcTests
from tidegate.model.pipeline import Component, Pipeline

ACTIONS = Actions(ledger="s3://ledger", supply=Supply("runner.lock"))
SHOP = replace(parse(DECLARED.encode(), "tidegate.yaml"), actions=ACTIONS)
"""A pipeline of two environments: small enough to try every mutation."""
STORING = replace(
    SHOP,
    components={**SHOP.components, "schema": Component("schema", ("migrations/**",))},
    site=None,
    browser=None,
    contract=None,
    database=SPEC,
)
"""The same with a database in place of the site."""
IN_VPC = replace(SHOP, database=replace(SPEC, migrations=None, vpc_tests=VpcTests("vpc-tests-{env}")))
"""The same with a database beside the site, and tests inside the VPC."""


def asking(pipeline: Pipeline, approval: ApprovalBy) -> Pipeline:
    """The pipeline with a person's approval before its last environment."""
    *_, last = pipeline.environments
    environments = {**pipeline.environments, last: replace(pipeline.environments[last], approval=True)}
    return replace(pipeline, environments=environments, actions=replace(pipeline.actions or ACTIONS, approval=approval))


def deploy_text(pipeline: Pipeline = PIPELINE) -> str:
    """deploy.yml of a pipeline."""
    return workflows(pipeline)[f"{FOLDER}/deploy.yml"]


def rendered(pipeline: Pipeline = PIPELINE) -> Mapping[str, Workflow]:
    """All workflows of a pipeline, by the names of their files."""
    made = workflows(pipeline)
    return {path.removeprefix(f"{FOLDER}/"): load_workflow(text, path) for path, text in made.items()}


def deploy_of(pipeline: Pipeline = PIPELINE) -> Workflow:
    """deploy.yml, read."""
    return load_workflow(deploy_text(pipeline), "deploy.yml")


def reviewed(pipeline: Pipeline) -> frozenset[str]:
    """GitHub environments that a team protects with reviewers: those whose only use is to ask."""
    if pipeline.actions is None or pipeline.actions.approval is not ApprovalBy.ENVIRONMENT:
        return frozenset()
    return frozenset(f"{one.github}-approval" for one in pipeline.environments.values() if one.approval)
