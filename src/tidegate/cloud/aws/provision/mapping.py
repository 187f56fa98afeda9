"""Event source mappings: which alias gets a queue's messages."""

from tidegate.cloud.aws.wire import Wire

BATCH = 10


async def ensure_mapping(wire: Wire, account: str, queue: str, function: str, alias: str) -> None:
    """Let an alias get the messages of a queue, and report those of a batch that failed."""
    source = f"arn:aws:sqs:{wire.region}:{account}:{queue}"
    target = f"arn:aws:lambda:{wire.region}:{account}:function:{function}:{alias}"

    def call() -> None:
        functions = wire.clients.functions
        listed = functions.list_event_source_mappings(EventSourceArn=source, FunctionName=target)
        if not listed["EventSourceMappings"]:
            functions.create_event_source_mapping(
                EventSourceArn=source,
                FunctionName=target,
                BatchSize=BATCH,
                FunctionResponseTypes=["ReportBatchItemFailures"],
            )

    await wire.ask(f"queue {queue} of function {function}:{alias}", call)
