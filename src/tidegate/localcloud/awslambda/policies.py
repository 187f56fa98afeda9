"""Resource policies: who may invoke. Pure functions over one function. Source: AWS API, AddPermission."""

import fnmatch
import re

from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda.function import Function, Policy, Statement, UrlAuth
from tidegate.localcloud.awslambda.names import FunctionName, Namespace

_SID = re.compile(r"[a-zA-Z0-9-_]{1,100}")
_INVOKE = ("lambda:InvokeFunction", "lambda:*", "*")
_INVOKE_URL = ("lambda:InvokeFunctionUrl", "lambda:*", "*")


def add(
    names: Namespace,
    function: Function,
    qualifier: str | None,
    statement: Statement,
    *,
    expected: str | None,
    revision: str,
) -> Policy:
    """AWS API: AddPermission.

    Raises:
        LambdaError: ResourceConflictException for a taken id, ResourceNotFoundException for a missing qualifier,
            PreconditionFailedException on another revision.
    """
    _check_qualifier(names, function, qualifier)
    if _SID.fullmatch(statement.sid) is None:
        raise errors.invalid(f"The statement id ({statement.sid}) is malformed.")
    policy = function.policies.get(qualifier)
    _check_revision(policy, expected)
    statements = () if policy is None else policy.statements
    if any(known.sid == statement.sid for known in statements):
        raise errors.conflict(
            f"The statement id ({statement.sid}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    function.policies[qualifier] = Policy(revision, (*statements, statement))
    return function.policies[qualifier]


def remove(function: Function, qualifier: str | None, sid: str, *, expected: str | None, revision: str) -> None:
    """AWS API: RemovePermission.

    Raises:
        LambdaError: ResourceNotFoundException, PreconditionFailedException.
    """
    policy = get(function, qualifier)
    _check_revision(policy, expected)
    kept = tuple(statement for statement in policy.statements if statement.sid != sid)
    if len(kept) == len(policy.statements):
        raise errors.LambdaError("ResourceNotFoundException", 404, f"Statement {sid} is not found in resource policy.")
    if kept:
        function.policies[qualifier] = Policy(revision, kept)
    else:
        del function.policies[qualifier]


def get(function: Function, qualifier: str | None) -> Policy:
    """AWS API: GetPolicy.

    Raises:
        LambdaError: ResourceNotFoundException when nobody was permitted anything.
    """
    policy = function.policies.get(qualifier)
    if policy is None:
        raise errors.no_resource()
    return policy


def permits(function: Function, name: FunctionName, principal: str, source_arn: str) -> bool:
    """Whether the policy of exactly that qualifier lets a service invoke on behalf of `source_arn`.

    An unqualified statement does not cover an alias, nor the other way round, as on AWS.
    """
    policy = function.policies.get(name.qualifier)
    if policy is None:
        return False
    return any(_matches(statement, principal, source_arn) for statement in policy.statements)


def is_open(function: Function, qualifier: str | None) -> bool:
    """Whether everybody may ask the URL of exactly that qualifier, unsigned.

    Source: Lambda developer guide, "Control access to Lambda function URLs": new URLs need both permissions.
    """
    policy = function.policies.get(qualifier)
    everybody = [one for one in policy.statements if one.principal == "*"] if policy else []
    asks = any(one.action in _INVOKE_URL and one.url_auth in (None, UrlAuth.NONE) for one in everybody)
    return asks and any(one.action in _INVOKE and one.source_arn is None for one in everybody)


def _matches(statement: Statement, principal: str, source_arn: str) -> bool:
    if statement.action not in _INVOKE or statement.principal not in (principal, "*") or statement.by_url:
        return False
    if statement.source_account is not None and statement.source_account not in source_arn.split(":"):
        return False
    return statement.source_arn is None or _arn_like(statement.source_arn, source_arn)


def _arn_like(pattern: str, arn: str) -> bool:
    # IAM's ArnLike: only * and ? are wild. fnmatch's character classes are written literally.
    return fnmatch.fnmatchcase(arn, pattern.replace("[", "[[]"))


def _check_qualifier(names: Namespace, function: Function, qualifier: str | None) -> None:
    if qualifier is None or qualifier in function.aliases or function.version(qualifier) is not None:
        return
    raise errors.not_found(names.function_arn(function.name, qualifier))


def _check_revision(policy: Policy | None, expected: str | None) -> None:
    if expected is not None and (policy is None or policy.revision != expected):
        raise errors.precondition_failed()
