"""Jobs `validate-aurora-schema[-<env>]`: the database is what the code expects, or the code does not go there."""

from tidegate.errors import GateFailed
from tidegate.execute.migrate import place_of
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase

MOST_TOLD = 20
"""Differences that stand in the failure itself; the job's log has all of them."""


async def schema_gate(shop: Workshop, job: Job) -> JobReport:
    """Compare what the release's code expects with what the environment's database is.

    Raises:
        GateFailed: When they differ, one line a difference.
        Failure: When the database does not answer: nothing is known then.
    """
    databases, place = place_of(shop, job.environment)
    schema = shop.release().schema
    assert schema
    log = shop.log(job.name)
    expectation = shop.ledger.expectation(schema.expectation)
    differences = await databases.differences(place, expectation, log)
    for line in differences:
        log(line)
    if differences:
        more = len(differences) - MOST_TOLD
        told = (*differences[:MOST_TOLD], *((f"and {more} more",) if more > 0 else ()))
        count = "1 difference" if len(differences) == 1 else f"{len(differences)} differences"
        raise GateFailed(
            "\n".join((f"Failed: the schema is not what the code expects: {count}", *told)),
            where=job.environment,
            what_next="add the migrations that the lines name, or mend the database by hand, then run again",
        )
    return JobReport(Phase.SUCCEEDED, "the schema is what the code expects", {"expectation": schema.expectation})
