"""SQS queues of the emulated services, as an event source mapping works with them.

Every function here runs where moto's backends may be touched (`MotoServices.run`).
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One received message, as an element of `Records` and with what deletes it."""

    id: str
    handle: str
    record: dict[str, Any]


def receive(account: str, queue_arn: str, most: int) -> list[Message]:
    """Receive up to `most` messages without waiting, at the queue's own visibility timeout.

    Messages over the queue's maxReceiveCount go to its dead-letter queue, by moto. A missing queue has no messages.
    """
    backend, name = _backend(account, queue_arn)
    queue = backend.queues.get(name)
    if queue is None:
        return []
    found: list[Message] = []
    while len(found) < most:
        # SQS hands out ten messages at once at most; larger batches are gathered.
        batch = backend.receive_message(name, min(10, most - len(found)), 0, int(queue.visibility_timeout), ["All"])
        found += [_message(received, queue_arn) for received in batch]
        if not batch:
            break
    return found


def delete(account: str, queue_arn: str, handles: Sequence[str]) -> None:
    """Delete what was handled; a message that is gone already is no matter."""
    _each(account, queue_arn, handles, lambda backend, name, handle: backend.delete_message(name, handle))


def give_back(account: str, queue_arn: str, handles: Sequence[str]) -> None:
    """Make messages visible again at once: the invocation was never made."""
    _each(account, queue_arn, handles, lambda backend, name, handle: backend.change_message_visibility(name, handle, 0))


def _each(account: str, queue_arn: str, handles: Sequence[str], work: Callable[[Any, str, str], None]) -> None:
    from moto.sqs.exceptions import ReceiptHandleIsInvalid  # noqa: PLC0415 - moto is loaded lazily

    backend, name = _backend(account, queue_arn)
    if name not in backend.queues:
        return
    for handle in handles:
        try:
            work(backend, name, handle)
        except ReceiptHandleIsInvalid:
            continue


def _backend(account: str, queue_arn: str) -> tuple[Any, str]:
    from moto.sqs.models import sqs_backends  # noqa: PLC0415 - moto is loaded lazily

    _, _, _, region, _, name = queue_arn.split(":", 5)
    return sqs_backends[account][region], name


def _message(received: Any, queue_arn: str) -> Message:
    attributes = {
        "ApproximateReceiveCount": str(received.approximate_receive_count),
        "SentTimestamp": str(received.sent_timestamp),
        "SenderId": str(received.sender_id),
        "ApproximateFirstReceiveTimestamp": str(received.approximate_first_receive_timestamp),
    }
    optional = {
        "MessageGroupId": received.group_id,
        "MessageDeduplicationId": received.deduplication_id,
        "SequenceNumber": received.sequence_number,
    }
    attributes |= {name: str(value) for name, value in optional.items() if value is not None}
    record = {
        "messageId": received.id,
        "receiptHandle": received.receipt_handle,
        "body": received.body,
        "attributes": attributes,
        "messageAttributes": {name: _attribute(value) for name, value in received.message_attributes.items()},
        "md5OfBody": received.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
    return Message(received.id, received.receipt_handle, record)


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if value.get("StringValue") is not None:
        made["stringValue"] = value["StringValue"]
    if value.get("BinaryValue") is not None:
        binary = value["BinaryValue"]
        made["binaryValue"] = base64.b64encode(binary).decode("ascii") if isinstance(binary, bytes) else binary
    return made
