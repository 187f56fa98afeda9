"""What could not be looked at: it may be wrong."""

import json
import re
from collections.abc import Iterator

from tidegate.doctor.judged import Case, command, error, warning
from tidegate.model.facts import Identity
from tidegate.model.finding import Check, Finding

READS = (
    *("apigateway:GET", "cloudwatch:DescribeAlarms", "codebuild:BatchGetProjects"),
    *("ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy"),
    *("events:ListRuleNamesByTarget", "events:ListTargetsByRule", "iam:GetRole"),
    *("lambda:GetFunctionConfiguration", "lambda:GetPolicy"),
    *("lambda:ListEventSourceMappings", "lambda:ListFunctionUrlConfigs"),
    *("logs:DescribeLogGroups", "secretsmanager:DescribeSecret"),
)
"""What the doctor asks for besides what deployments need; none of it reads a value of a variable or a secret."""

_ROLE = re.compile(r"arn:aws[a-z-]*:sts::[0-9]{12}:assumed-role/([\w+=,.@-]+)/.+")
_USER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:user/(?:.*/)?([\w+=,.@-]+)")


def judge_unseen(case: Case) -> Iterator[Finding]:
    """Yield each thing that could not be looked at."""
    mend = _permit(case.facts.identity)
    for one in case.facts.unseen:
        what = f"{one.where} could not be looked at: {one.reason}"
        yield (error if one.matters else warning)(Check.UNSEEN, what, one.where, *mend)


def _permit(identity: Identity | None) -> tuple[str, ...]:
    """The command that lets the role or the user that asked look; nothing where nobody knows which that is."""
    arn = identity.arn if identity else ""
    found = {"role": _ROLE.fullmatch(arn), "user": _USER.fullmatch(arn)}
    kind, name = next(((kind, match[1]) for kind, match in found.items() if match), ("", ""))
    if not kind:
        return ()
    statement = {"Effect": "Allow", "Action": list(READS), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    put = ("aws", "iam", f"put-{kind}-policy", f"--{kind}-name", name)
    return (command(*put, "--policy-name", "tidegate-doctor", "--policy-document", policy),)
