"""The example's deploy.yml against the interpreter: every plan, however its jobs end, and cancelled at any moment.

It takes so long that it is done once.
"""

import asyncio
import time

from benchmarks.measure import Row, row
from tests.plan.reference import PIPELINE
from tests.workflows.attempt import READINGS, Reading
from tests.workflows.explore import Carried, cancel_everywhere, compare
from tests.workflows.local import Local
from tests.workflows.plans import plans
from tests.workflows.rendered import deploy_of, reviewed

GOAL_SECONDS = 30.0


def everything() -> dict[str, int]:
    """Hold all of it against each other; how many plans, ends and moments there were."""
    workflow, asks = deploy_of(PIPELINE), reviewed(PIPELINE)
    counts = {"plans": 0, "ends": 0, "moments": 0}
    with asyncio.Runner() as runner:
        for plan in plans(PIPELINE):
            local = Local(runner, plan)
            counts["plans"] += 1
            for reading in (Reading(), Reading(spreads=True)):
                counts["ends"] += compare(local, Carried(workflow, plan, reading, asks))
            for reading in READINGS:
                counts["moments"] += cancel_everywhere(Carried(workflow, plan, reading, asks))
    return counts


def rows() -> list[Row]:
    """Time all of it, once."""
    began = time.perf_counter()
    counts = everything()
    took = time.perf_counter() - began
    told = f"{counts['plans']} plans, {counts['ends']:,} ways to end, {counts['moments']:,} cancelled runs"
    return [row(f"deploy.yml against the interpreter: {told}", "ms", [took * 1000], GOAL_SECONDS * 1000)]
