"""The rules of aliases: pure functions over one function. Source: AWS API, CreateAlias and UpdateAlias."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda.function import Alias, Function
from tidegate.localcloud.awslambda.names import LATEST, Namespace, check_alias_name


@dataclass(frozen=True, slots=True)
class AliasChange:
    """What an update asks for; None leaves a field as it is, empty weights remove the split."""

    version: str | None = None
    description: str | None = None
    weights: Mapping[str, float] | None = None
    expected_revision: str | None = None


def create(names: Namespace, function: Function, alias: Alias) -> Alias:
    """AWS API: CreateAlias.

    Raises:
        LambdaError: For a taken or malformed name, a missing version, or weights that AWS does not take.
    """
    check_alias_name(alias.name)
    if alias.name in function.aliases:
        arn = names.function_arn(function.name, alias.name)
        raise errors.conflict(f"Alias already exists: {arn}")
    _check_targets(names, function, alias)
    function.aliases[alias.name] = alias
    return alias


def update(names: Namespace, function: Function, name: str, change: AliasChange, revision: str) -> Alias:
    """AWS API: UpdateAlias. `revision` becomes the alias's RevisionId.

    Raises:
        LambdaError: PreconditionFailedException on another revision; else as for `create`.
    """
    alias = get(names, function, name)
    if change.expected_revision is not None and change.expected_revision != alias.revision:
        raise errors.precondition_failed()
    changed = replace(
        alias,
        version=alias.version if change.version is None else change.version,
        description=alias.description if change.description is None else change.description,
        weights=alias.weights if change.weights is None else MappingProxyType(dict(change.weights)),
        revision=revision,
    )
    _check_targets(names, function, changed)
    function.aliases[name] = changed
    return changed


def get(names: Namespace, function: Function, name: str) -> Alias:
    """AWS API: GetAlias.

    Raises:
        LambdaError: ResourceNotFoundException.
    """
    alias = function.aliases.get(name)
    if alias is None:
        raise errors.alias_not_found(names.function_arn(function.name, name))
    return alias


def delete(function: Function, name: str) -> None:
    """AWS API: DeleteAlias; one that does not exist is gone already."""
    function.aliases.pop(name, None)
    function.policies.pop(name, None)
    function.urls.pop(name, None)


def _check_targets(names: Namespace, function: Function, alias: Alias) -> None:
    if len(alias.weights) > 1:
        raise errors.invalid("Number of items in AdditionalVersionWeights cannot be greater than 1.")
    if alias.weights and LATEST in alias.targets:
        raise errors.invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    for number, weight in alias.weights.items():
        if not 0.0 <= weight <= 1.0:
            raise errors.invalid(
                f"Value '{weight}' of AdditionalVersionWeights for version {number} must be between 0.0 and 1.0."
            )
        if number == alias.version:
            raise errors.invalid(
                f"Invalid function version {number}. Function version {number} is already included in "
                "routing configuration."
            )
    for number in sorted(alias.targets):
        if function.version(number) is None:
            raise errors.not_found(names.function_arn(function.name, number))
