"""Report jobs on their way from the API and the scheduler to the report worker, through SQS."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from src.data.aws import UnavailableError, available

_BATCH = 10  # AWS API: SendMessageBatch takes at most ten entries


@dataclass(frozen=True, slots=True)
class ReportJob:
    """The wish for a report on one ticker."""

    ticker: str


class MalformedJobError(ValueError):
    """The body of a message is not a report job."""


def encode(job: ReportJob) -> str:
    return json.dumps({"ticker": job.ticker})


def decode(body: str) -> ReportJob:
    """The job in a message body; raises MalformedJobError."""
    try:
        fields = json.loads(body)
    except json.JSONDecodeError as error:
        raise MalformedJobError(f"not JSON: {error}") from error
    ticker = fields.get("ticker") if isinstance(fields, dict) else None
    if not isinstance(ticker, str) or not ticker:
        raise MalformedJobError(f"no ticker in {body[:80]!r}")
    return ReportJob(ticker)


class ReportQueue(Protocol):
    @property
    def name(self) -> str: ...

    def send(self, jobs: Sequence[ReportJob]) -> list[str]:
        """Queue the jobs, return their message ids in order; raises UnavailableError if one was not taken."""
        ...


class SqsReportQueue:
    """A ReportQueue on SQS."""

    def __init__(self, sqs: Any, name: str) -> None:
        self._sqs = sqs
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @cached_property
    def _url(self) -> str:
        url: str = self._sqs.get_queue_url(QueueName=self._name)["QueueUrl"]
        return url

    def send(self, jobs: Sequence[ReportJob]) -> list[str]:
        ids: list[str] = []
        with available(f"queue {self._name}"):
            for start in range(0, len(jobs), _BATCH):
                ids += self._send_batch(jobs[start : start + _BATCH])
        return ids

    def _send_batch(self, jobs: Sequence[ReportJob]) -> list[str]:
        entries = [{"Id": str(index), "MessageBody": encode(job)} for index, job in enumerate(jobs)]
        answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
        if failed := answer.get("Failed"):
            reasons = ", ".join(f"{jobs[int(entry['Id'])].ticker}: {entry['Code']}" for entry in failed)
            raise UnavailableError(f"queue {self._name}", RuntimeError(f"messages refused ({reasons})"))
        ids = {int(entry["Id"]): entry["MessageId"] for entry in answer["Successful"]}
        return [ids[index] for index in range(len(jobs))]
