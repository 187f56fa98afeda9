"""Event source mappings: which queue feeds which function. Source: AWS API, CreateEventSourceMapping (SQS)."""

import enum
from dataclasses import dataclass, replace
from typing import Any

from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda.names import FunctionName

MAX_STANDARD_BATCH = 10_000
MAX_BATCH_WITHOUT_WINDOW = 10


class MappingState(enum.Enum):
    """AWS API: EventSourceMappingConfiguration.State."""

    CREATING = "Creating"
    ENABLING = "Enabling"
    ENABLED = "Enabled"
    DISABLING = "Disabling"
    DISABLED = "Disabled"
    UPDATING = "Updating"
    DELETING = "Deleting"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One queue that feeds one function.

    Attributes:
        function: The function with the qualifier that is invoked.
        window: Seconds to gather a batch.
        report_failures: Whether the handler names the items that failed (`ReportBatchItemFailures`).
        state: What it is on its way to, until `settles_at`.
    """

    uuid: str
    queue_arn: str
    function: FunctionName
    enabled: bool
    batch_size: int
    window: int
    report_failures: bool
    modified: float
    state: MappingState
    settles_at: float

    def at(self, now: float) -> "Mapping":
        """The mapping as of `now`."""
        if now < self.settles_at or self.state is MappingState.DELETING:
            return self
        return replace(self, state=MappingState.ENABLED if self.enabled else MappingState.DISABLED)


class Mappings:
    """Every event source mapping of one account and region."""

    def __init__(self) -> None:
        self._mappings: dict[str, Mapping] = {}

    def create(self, mapping: Mapping) -> Mapping:
        """AWS API: CreateEventSourceMapping.

        Raises:
            LambdaError: ResourceConflictException when that queue feeds that function already.
        """
        for known in self._mappings.values():
            if (known.queue_arn, known.function) == (mapping.queue_arn, mapping.function):
                raise errors.conflict(
                    f"An event source mapping with SQS arn ({mapping.queue_arn}) and function already exists. "
                    f"Please update or delete the existing mapping with UUID {known.uuid}"
                )
        _check(mapping)
        self._mappings[mapping.uuid] = mapping
        return mapping

    def get(self, uuid: str, now: float) -> Mapping:
        """AWS API: GetEventSourceMapping.

        Raises:
            LambdaError: ResourceNotFoundException.
        """
        found = self._mappings.get(uuid)
        if found is None:
            raise errors.no_resource()
        return found.at(now)

    def all(self, now: float) -> list[Mapping]:
        """Every mapping, in the order of creation."""
        return [mapping.at(now) for mapping in self._mappings.values()]

    def update(self, uuid: str, now: float, delay: float, **changes: Any) -> Mapping:
        """AWS API: UpdateEventSourceMapping. `changes` are fields of Mapping.

        Raises:
            LambdaError: ResourceNotFoundException, InvalidParameterValueException.
        """
        mapping = self.get(uuid, now)
        state = MappingState.UPDATING
        if "enabled" in changes and changes["enabled"] != mapping.enabled:
            state = MappingState.ENABLING if changes["enabled"] else MappingState.DISABLING
        changed = replace(mapping, **changes, state=state, modified=now, settles_at=now + delay)
        _check(changed)
        self._mappings[uuid] = changed
        return changed

    def delete(self, uuid: str, now: float) -> Mapping:
        """AWS API: DeleteEventSourceMapping.

        Raises:
            LambdaError: ResourceNotFoundException.
        """
        mapping = self.get(uuid, now)
        del self._mappings[uuid]
        return replace(mapping, state=MappingState.DELETING, modified=now)


def _check(mapping: Mapping) -> None:
    most = MAX_BATCH_WITHOUT_WINDOW if mapping.queue_arn.endswith(".fifo") else MAX_STANDARD_BATCH
    if not 1 <= mapping.batch_size <= most:
        raise errors.invalid(f"Batch size must be between 1 and {most} for this event source.")
    if mapping.batch_size > MAX_BATCH_WITHOUT_WINDOW and mapping.window < 1:
        raise errors.invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
