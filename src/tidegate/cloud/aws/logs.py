"""The logs port over Amazon CloudWatch Logs."""

from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import LogLine
from tidegate.errors import NotFound


class AwsLogs:
    """Amazon CloudWatch Logs behind `ports.Logs`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def lines(self, group: str, since: float) -> tuple[LogLine, ...]:
        """Lines of a log group since a time, oldest first; empty when the group does not exist yet."""

        def call() -> list[LogLine]:
            pages = self._wire.clients.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=int(since * 1000)
            )
            return [
                LogLine(
                    event["timestamp"] / 1000, event["logStreamName"], event["message"].rstrip("\n"), event["eventId"]
                )
                for page in pages
                for event in page["events"]
            ]

        try:
            found = await self._wire.ask(f"log group {group}", call)
        except NotFound:
            return ()
        return tuple(sorted(found, key=lambda line: line.at))
