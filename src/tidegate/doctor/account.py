"""Whose credentials are used: the account of the functions, the role that was meant, and who else may assume it."""

import json
import re
from collections.abc import Iterator

from tidegate.doctor.judged import Case, command, error
from tidegate.model.facts import Trust
from tidegate.model.finding import Check, Finding

PROVIDER = "token.actions.githubusercontent.com"
ROLE = "AWS_ROLE_ARN"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/(?:[\w+=,.@/-]*/)?([\w+=,.@-]+)")
_ASSUMED = re.compile(r"arn:aws[a-z-]*:sts::([0-9]{12}):assumed-role/([\w+=,.@-]+)/.+")


def judge_account(case: Case) -> Iterator[Finding]:
    """Yield where credentials and role do not belong together."""
    role, identity = case.facts.settings.role, case.facts.identity
    if not role:
        return
    set_role = command("gh", "variable", "set", ROLE, "--env", case.github, "--body", ROLE)
    named = _ROLE.fullmatch(role)
    if named is None:
        yield error(Check.ACCOUNT, f"{ROLE} is not the ARN of a role", ROLE, set_role)
        return
    if identity is None:
        return
    if named[1] != identity.account:
        what = f"{ROLE} is a role of account {named[1]}, and the credentials are of account {identity.account}"
        yield error(Check.ACCOUNT, what, ROLE, set_role)
        return
    assumed = _ASSUMED.fullmatch(identity.arn)
    if assumed is None or assumed[2] != named[2]:
        what = f"{ROLE} is {role}, and what was assumed is {identity.arn}"
        assume = ("aws", "sts", "assume-role", "--role-arn", role, "--role-session-name", "tidegate-doctor")
        yield error(Check.ACCOUNT, what, ROLE, command(*assume))


def judge_trust(case: Case) -> Iterator[Finding]:
    """Yield where others than the jobs of this environment may assume its role.

    Source: GitHub Docs, "OpenID Connect reference", the subject of a job that references an environment.
    """
    settings, named = case.facts.settings, _ROLE.fullmatch(case.facts.settings.role)
    if named is None:
        return
    subject = f"repo:{settings.repository or 'OWNER/REPO'}:environment:{case.github.replace(':', '%3A')}"
    for trust in case.facts.trusts or ():
        who = _too_many(trust, subject if settings.repository else "")
        if who:
            what = f"{who} may assume {settings.role}: its trust policy has to ask for the sub {subject}"
            update = ("aws", "iam", "update-assume-role-policy", "--role-name", named[2])
            document = _policy(named[1], subject)
            yield error(Check.TRUST, what, settings.role, command(*update, "--policy-document", document))


def _too_many(trust: Trust, subject: str) -> str:
    """Who is let in besides the jobs that are meant; empty for nobody. Without a subject, only whether any is asked."""
    if not trust.subjects:
        return "everybody" if trust.principal == "*" else "every workflow on GitHub"
    return ", ".join(one for one in trust.subjects if one != subject) if subject else ""


def _policy(account: str, subject: str) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{PROVIDER}"},
        "Condition": {"StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com", f"{PROVIDER}:sub": subject}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
