"""Operations on event source mappings: request in, state changed, answer out."""

from typing import Any

from tidegate.localcloud.awslambda import answers, errors
from tidegate.localcloud.awslambda.control import Answer, Call, Control, new_id, page
from tidegate.localcloud.awslambda.mappings import Mapping, MappingState
from tidegate.localcloud.awslambda.names import FunctionName, parse_function
from tidegate.localcloud.awslambda.requests import CreateMappingBody, UpdateMappingBody


class MappingOperations:
    """Event source mappings from SQS queues."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._names = control.names

    def create(self, call: Call) -> Answer:
        """CreateEventSourceMapping."""
        body = call.read(CreateMappingBody)
        if ":sqs:" not in body.event_source_arn:
            raise errors.not_emulated(f"event sources other than SQS: {body.event_source_arn}")
        now = self._control.clock()
        mapping = Mapping(
            uuid=new_id(),
            queue_arn=body.event_source_arn,
            function=self._target(body.function_name),
            enabled=body.enabled,
            batch_size=body.batch_size,
            window=body.maximum_batching_window_in_seconds,
            report_failures=bool(body.function_response_types),
            modified=now,
            state=MappingState.CREATING,
            settles_at=now + self._control.delay,
        )
        return self._answer(self._control.mappings.create(mapping), 202)

    def get(self, call: Call) -> Answer:
        """GetEventSourceMapping."""
        return self._answer(self._control.mappings.get(call.path[0], self._control.clock()), 200)

    def list_all(self, call: Call) -> Answer:
        """ListEventSourceMappings, by queue and function when they are named."""
        queue, function = call.query.get("EventSourceArn"), call.query.get("FunctionName")
        wanted = None if function is None else parse_function(function)
        listed = [
            answers.mapping(self._names, mapping)
            for mapping in self._control.mappings.all(self._control.clock())
            if queue in (None, mapping.queue_arn) and (wanted is None or _covers(wanted, mapping.function))
        ]
        return page(listed, "EventSourceMappings", call.query)

    def update(self, call: Call) -> Answer:
        """UpdateEventSourceMapping."""
        body = call.read(UpdateMappingBody)
        changes: dict[str, Any] = {}
        if body.function_name is not None:
            changes["function"] = self._target(body.function_name)
        if body.enabled is not None:
            changes["enabled"] = body.enabled
        if body.batch_size is not None:
            changes["batch_size"] = body.batch_size
        if body.maximum_batching_window_in_seconds is not None:
            changes["window"] = body.maximum_batching_window_in_seconds
        if body.function_response_types is not None:
            changes["report_failures"] = bool(body.function_response_types)
        control = self._control
        return self._answer(control.mappings.update(call.path[0], control.clock(), control.delay, **changes), 202)

    def delete(self, call: Call) -> Answer:
        """DeleteEventSourceMapping."""
        return self._answer(self._control.mappings.delete(call.path[0], self._control.clock()), 202)

    def _target(self, text: str) -> FunctionName:
        name = parse_function(text)
        self._control.state.resolve(name, self._control.clock())
        return name

    def _answer(self, mapping: Mapping, status: int) -> Answer:
        return Answer(answers.mapping(self._names, mapping), status)


def _covers(wanted: FunctionName, function: FunctionName) -> bool:
    return wanted.name == function.name and wanted.qualifier in (None, function.qualifier)
