"""The steps that jobs are made of. No step holds logic: each `run` is one command, and none has an expression in it."""

import shlex
from collections.abc import Mapping

from tidegate.actions import pins
from tidegate.actions.page import Noted, Value
from tidegate.model.actions import Actions, Credentials, Supply

Step = Mapping[str, Value]

SITE_SECRETS = (
    "CLOUDFRONT_DISTRIBUTION_ID",
    "CLOUDFRONT_TEST_DISTRIBUTION_ID",
    "CLOUDFRONT_TEST_DOMAIN",
    "WEBAPP_BUCKET_NAME",
    "TELEGRAM_API_URL",
)
CANDIDATE_API = "TELEGRAM_CANDIDATE_API_URL"
"""No secret, and only needed where the live API's address does not tell it."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
ROLE = "AWS_ROLE_ARN"
STEP_ID = "tidegate"
_SHORTEST_SESSION_SECONDS = 900
_LONGEST_SESSION_SECONDS = 43200


def checkout(actions: Actions) -> Step:
    """The whole history: the last release's commit, and the commits that the way back is tested with, are in it."""
    return {
        "name": "Check the commit out",
        "uses": pins.uses(actions, pins.CHECKOUT),
        "with": {"fetch-depth": 0, "persist-credentials": False},
    }


def python(actions: Actions) -> Step:
    """Python, which Tidegate runs on."""
    return {
        "name": "Set up Python",
        "uses": pins.uses(actions, pins.PYTHON),
        "with": {"python-version": actions.versions.python},
    }


def node(actions: Actions) -> Step:
    """Node, for what builds or tests the site. Without `cache` it takes nothing that another branch may have left."""
    return {
        "name": "Set up Node",
        "uses": pins.uses(actions, pins.NODE),
        "with": {"node-version": actions.versions.node},
    }


def terraform(actions: Actions) -> Step:
    """Terraform itself, without the wrapper that changes what it prints."""
    return {
        "name": "Set up Terraform",
        "uses": pins.uses(actions, pins.TERRAFORM),
        "with": {"terraform_version": actions.versions.terraform, "terraform_wrapper": False},
    }


def go(actions: Actions) -> Step:
    """Go, without a cache that another branch may have filled."""
    return {
        "name": "Set up Go",
        "uses": pins.uses(actions, pins.GO),
        "with": {"go-version": actions.versions.go, "cache": False},
    }


def install(supply: Supply) -> tuple[Step, ...]:
    """Tidegate and what it needs, every file of it by its hash or from the commit itself."""
    locked = f"python -m pip install --require-hashes -r {shlex.quote(supply.requirements)}"
    if supply.path is None:
        return ({"name": "Install Tidegate", "run": locked},)
    folder = shlex.quote(f"./{supply.path}")
    return (
        {"name": "Install what Tidegate needs", "run": locked},
        {
            "name": "Install Tidegate",
            "run": f"python -m pip install --no-index --no-deps --no-build-isolation {folder}",
        },
    )


def credentials(actions: Actions, region: str, job: str, minutes: int) -> Step:
    """Access to AWS, for as long as the job may take.

    `vars.AWS_ROLE_ARN` is the environment's in a job of an environment, and the repository's in any other: GitHub takes
    the nearer one. A session is 15 minutes to 12 hours long (STS AssumeRole, DurationSeconds).
    """
    session = min(max(minutes * 60, _SHORTEST_SESSION_SECONDS), _LONGEST_SESSION_SECONDS)
    match actions.credentials:
        case Credentials.OIDC:
            return {
                "name": "Assume the role",
                "uses": pins.uses(actions, pins.CREDENTIALS),
                "with": {
                    "role-to-assume": f"${{{{ vars.{ROLE} }}}}",
                    "role-session-name": f"tidegate-{job}"[:64],
                    "role-duration-seconds": session,
                    "aws-region": region,
                },
            }
        case Credentials.KEYS:
            key, secret = KEYS
            return {
                "name": "Take the keys",
                "uses": pins.uses(actions, pins.CREDENTIALS),
                "with": {
                    "aws-access-key-id": secret_of(key),
                    "aws-secret-access-key": secret_of(secret),
                    "aws-region": region,
                },
            }


def tidegate(command: str, env: Mapping[str, Value] | None = None, *, answers: bool = False) -> Step:
    """One call of Tidegate; `answers` where later jobs read its outputs.

    A cancelled step is told so by a signal to its shell alone, which passes none on: Tidegate takes the shell's place.
    Source: GitHub Docs, "Workflow cancellation reference".
    """
    step: dict[str, Value] = {"name": f"Run {command}"}
    if answers:
        step["id"] = STEP_ID
    step["run"] = f"exec {command}"
    if env:
        step["env"] = env
    return step


def secret_of(name: str) -> str:
    """The expression for a secret."""
    return f"${{{{ secrets.{name} }}}}"


def permissions(*, cloud: bool) -> Mapping[str, Value]:
    """The least that a job needs of its GitHub token."""
    least: dict[str, Value] = {"contents": Noted("read", "to check the commit out")}
    if cloud:
        least["id-token"] = Noted("write", "to assume the role")
    return least
