"""Which messages of a batch are done, judged by what the function answered.

Source: AWS Lambda developer guide, "Handling errors for an SQS event source": `ReportBatchItemFailures`.
"""

import json
from collections.abc import Sequence


def succeeded(ids: Sequence[str], payload: bytes, *, failed: bool, reports: bool) -> list[str]:
    """The message ids to delete.

    Args:
        ids: The batch, in order.
        payload: What the function answered.
        failed: Whether the invocation failed as a whole.
        reports: Whether the mapping asks for ReportBatchItemFailures.
    """
    if failed:
        return []
    if not reports:
        return list(ids)
    named = _reported(payload)
    if named is None or not named <= set(ids):
        return []
    return [one for one in ids if one not in named]


def _reported(payload: bytes) -> set[str] | None:
    """The ids that the function reports as failed; None when its answer cannot be read, which fails the batch."""
    try:
        answer = json.loads(payload)
    except ValueError:
        return None
    if answer is None:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return None
    named = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures}
    return {one for one in named if isinstance(one, str) and one} if all(named) else None
