"""Whose credentials are used: the account of the functions, and the role that was meant."""

import re
from collections.abc import Iterator

from tidegate.doctor.judged import Case, command, error
from tidegate.model.finding import Check, Finding

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
