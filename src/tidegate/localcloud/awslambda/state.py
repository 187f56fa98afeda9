"""The state machine of functions and versions: no I/O, no clock, no chance.

Rules are those of the AWS Lambda API reference and of "Lambda function states" in its developer guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda.function import (
    Code,
    Configuration,
    Function,
    Settling,
    Stamp,
    State,
    UpdateStatus,
    Version,
)
from tidegate.localcloud.awslambda.names import LATEST, FunctionName, Namespace, is_version


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one invocation runs: the version, and the qualifier that the caller used."""

    version: Version
    qualifier: str | None


class LambdaState:
    """Functions of one account and region. Methods raise LambdaError and leave the state as it was."""

    def __init__(self, names: Namespace) -> None:
        self.names = names
        self._functions: dict[str, Function] = {}
        # AWS: version numbers are not reused, even when a function is deleted and made again.
        self._last_number: dict[str, int] = {}

    def function(self, name: str, now: float) -> Function:
        """A function as of `now`.

        Raises:
            LambdaError: ResourceNotFoundException.
        """
        found = self._functions.get(name)
        if found is None:
            raise errors.not_found(self.names.function_arn(name))
        found.settle(now)
        return found

    def functions(self, now: float) -> list[Function]:
        """Every function, by name."""
        return [self.function(name, now) for name in sorted(self._functions)]

    def create(
        self,
        name: str,
        code: Code,
        configuration: Configuration,
        stamp: Stamp,
        *,
        tags: Mapping[str, str] | None = None,
        publish: Stamp | None = None,
    ) -> Version:
        """AWS API: CreateFunction. The function is Pending until the stamp's delay is over.

        Returns:
            `$LATEST`, or the first version when it is to be published at once.
        """
        if name in self._functions:
            raise errors.conflict(f"Function already exist: {name}")
        function = Function(name, _made(LATEST, code, configuration, stamp), tags=dict(tags or {}))
        self._functions[name] = function
        return function.latest if publish is None else self._publish(function, publish, "")

    def update_code(
        self,
        name: str,
        code: Code,
        stamp: Stamp,
        *,
        expected: str | None = None,
        dry_run: bool = False,
        publish: Stamp | None = None,
    ) -> Version:
        """AWS API: UpdateFunctionCode; a dry run answers as if, and changes nothing."""
        function = self._changeable(name, expected, stamp.now)
        changed = _updated(function.latest, stamp, code=code)
        if dry_run:
            return changed
        function.latest = changed
        return changed if publish is None else self._publish(function, publish, "")

    def update_configuration(
        self, name: str, changes: Mapping[str, Any], expected: str | None, stamp: Stamp
    ) -> Version:
        """AWS API: UpdateFunctionConfiguration. `changes` are fields of Configuration."""
        function = self._changeable(name, expected, stamp.now)
        function.latest = _updated(
            function.latest, stamp, configuration=replace(function.latest.configuration, **changes)
        )
        return function.latest

    def publish(
        self, name: str, stamp: Stamp, *, sha256: str | None = None, expected: str | None = None, description: str = ""
    ) -> Version:
        """AWS API: PublishVersion. Without a change since the last published version, that version is the answer."""
        function = self._changeable(name, None, stamp.now)
        latest = function.latest
        if sha256 is not None and sha256 != latest.code.sha256:
            raise errors.invalid(
                f"CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST ({latest.code.sha256}). "
                "Please try again with the CodeSHA256 in $LATEST."
            )
        if expected is not None and expected != latest.revision:
            raise errors.precondition_failed()
        return self._publish(function, stamp, description)

    def delete(self, name: FunctionName, now: float) -> None:
        """AWS API: DeleteFunction, whole or one version that no alias points to."""
        function = self.function(name.name, now)
        if name.qualifier is None:
            del self._functions[name.name]
            return
        if name.qualifier == LATEST:
            raise errors.invalid("$LATEST version cannot be deleted without deleting the function.")
        if not is_version(name.qualifier):
            raise errors.invalid("Deletion of aliases is not currently supported.")
        if name.qualifier not in function.versions:
            raise errors.not_found(self.names.function_arn(name.name, name.qualifier))
        holders = sorted(alias.name for alias in function.aliases.values() if name.qualifier in alias.targets)
        if holders:
            arns = [self.names.function_arn(name.name, holder) for holder in holders]
            raise errors.conflict(
                f"Version {name.qualifier} is referenced by the aliases {arns} and cannot be deleted."
            )
        del function.versions[name.qualifier]
        function.policies.pop(name.qualifier, None)

    def resolve(self, name: FunctionName, now: float, draw: float = 1.0) -> Chosen:
        """Which version a name leads to; `draw` in [0, 1) takes one side of a weighted alias, 1.0 its main version.

        Raises:
            LambdaError: ResourceNotFoundException, with the ARN that was asked for.
        """
        function = self.function(name.name, now)
        qualifier = name.qualifier
        if qualifier is None:
            return Chosen(function.latest, None)
        alias = function.aliases.get(qualifier)
        version = function.version(qualifier if alias is None else alias.pick(draw))
        if version is None:
            raise errors.not_found(self.names.function_arn(name.name, qualifier))
        return Chosen(version, qualifier)

    def invocable(self, name: FunctionName, stamp: Stamp, draw: float) -> Chosen:
        """As `resolve`, for an invocation: only an Active version runs, and an Inactive one begins to wake.

        Raises:
            LambdaError: ResourceConflictException while the version is not Active.
        """
        chosen = self.resolve(name, stamp.now, draw)
        state = chosen.version.state
        if state is State.ACTIVE:
            return replace(chosen, version=chosen.version.serving)
        if state is State.INACTIVE:
            woken = replace(chosen.version, state=State.PENDING, settling=_settling(stamp))
            self.function(name.name, stamp.now).put(woken)
        raise errors.conflict(
            "The operation cannot be performed at this time. "
            f"The function is currently in the following state: {state.value}"
        )

    def deactivate(self, name: str, number: str, now: float) -> None:
        """Let a version sleep, as AWS does with one that was not invoked for weeks. Not part of the AWS API."""
        function = self.function(name, now)
        version = function.version(number)
        if version is None:
            raise errors.not_found(self.names.function_arn(name, number))
        function.put(replace(version, state=State.INACTIVE, settling=None))

    def _changeable(self, name: str, expected: str | None, now: float) -> Function:
        function = self.function(name, now)
        latest = function.latest
        if latest.state is State.PENDING:
            raise errors.conflict(
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending"
            )
        if latest.update_status is UpdateStatus.IN_PROGRESS:
            arn = self.names.function_arn(name)
            raise errors.conflict(
                f"The operation cannot be performed at this time. An update is in progress for resource: {arn}"
            )
        if expected is not None and expected != latest.revision:
            raise errors.precondition_failed()
        return function

    def _publish(self, function: Function, stamp: Stamp, description: str) -> Version:
        latest, number = function.latest, self._last_number.get(function.name, 0)
        last = function.versions.get(str(number))
        if last is not None and _same_content(last, latest):
            return last
        configuration = replace(latest.configuration, description=description or latest.configuration.description)
        version = _made(str(number + 1), latest.code, configuration, stamp)
        self._last_number[function.name] = number + 1
        function.versions[version.number] = version
        return version


def _made(number: str, code: Code, configuration: Configuration, stamp: Stamp) -> Version:
    return Version(number, code, configuration, stamp.revision, stamp.now, State.PENDING, None, _settling(stamp))


def _updated(latest: Version, stamp: Stamp, **changes: Any) -> Version:
    return replace(
        latest,
        revision=stamp.revision,
        modified=stamp.now,
        update_status=UpdateStatus.IN_PROGRESS,
        settling=Settling(stamp.now + stamp.delay, stamp.settled, latest, stamp.failure),
        **changes,
    )


def _settling(stamp: Stamp) -> Settling:
    return Settling(stamp.now + stamp.delay, stamp.settled)


def _same_content(published: Version, latest: Version) -> bool:
    # A version may be published under a description of its own, which is no change of content.
    described = replace(published.configuration, description=latest.configuration.description)
    return published.code.digest == latest.code.digest and described == latest.configuration
