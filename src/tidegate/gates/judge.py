"""The verdict over many measurements."""

from collections.abc import Sequence

from tidegate.model.verdict import Measurement, Verdict


def judge(measurements: Sequence[Measurement]) -> Verdict:
    """Judge all measurements of a gate together.

    Failed outweighs Error, which outweighs Inconclusive. Measurements that only warn do not count, and a gate of
    which nothing else is left is Inconclusive: no evidence is not success.
    """
    blocking = [measurement.verdict for measurement in measurements if not measurement.warn]
    if not blocking:
        return Verdict.INCONCLUSIVE
    for verdict in (Verdict.FAILED, Verdict.ERROR, Verdict.INCONCLUSIVE):
        if verdict in blocking:
            return verdict
    return Verdict.SUCCESSFUL
