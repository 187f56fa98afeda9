"""SQS queues."""

from tidegate.cloud.aws.wire import Wire

TIMEOUTS_UNTIL_VISIBLE = 6
"""AWS Lambda developer guide, "Configuring a queue": a visibility timeout of at least six function timeouts."""

SHORTEST_SECONDS = 30


async def ensure_queue(wire: Wire, name: str, function_timeout_seconds: int) -> None:
    """A queue whose messages stay out of sight long enough for its function.

    AWS API: CreateQueue without attributes returns the URL of a queue that exists.
    """
    seconds = max(SHORTEST_SECONDS, TIMEOUTS_UNTIL_VISIBLE * function_timeout_seconds)

    def call() -> None:
        url = wire.clients.queues.create_queue(QueueName=name)["QueueUrl"]
        wire.clients.queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})

    await wire.ask(f"queue {name}", call)
