"""Jobs `rollback-<env>`: a person puts an earlier release back: one pointer write a target, and a pin."""

import getpass

from tidegate.errors import Failure, LedgerError, Moved
from tidegate.execute.lock import take_now
from tidegate.execute.pointers import observe, pointers_of
from tidegate.execute.put_back import Known, return_first, return_to
from tidegate.execute.way_back import WayBackTo, prove_site, prove_way_back
from tidegate.execute.workshop import Workshop
from tidegate.ledger.contracting import needed_again
from tidegate.model.job import Job, JobReport, Phase


async def roll_back(shop: Workshop, job: Job) -> JobReport:
    """Move every live pointer to where it stood while the release was live, and pin the environment there.

    Where they stand now is recorded first: a rollback that fails half-way is put back like any other change. The pin
    comes before the first pointer moves, and stays when the rollback fails: a person wanted automation to stop here.

    Raises:
        Locked: When a run holds the environment; a rollback does not wait in line.
        GateFailed: When the release does not answer as it must, or needs what a contract migration took away.
        LedgerError: When the ledger does not know where the pointers stood.
    """
    environment, release = job.environment, shop.release()
    pointers = shop.ledger.environment(environment).pointers.get(release.id)
    if pointers is None:
        raise LedgerError(f"{release.id} was never live in {environment}", where=environment)
    await take_now(shop, environment, f"rollback to {release.id}")
    try:
        if refused := needed_again(shop.ledger.environment(environment), release):
            raise refused
        await _prove(shop, environment, release.id, pointers)
    except Failure:
        intent = shop.ledger.environment(environment).intent
        if intent is None or intent.run != shop.run:  # else it stands half-way, and is held until it is put back
            shop.ledger.release_lock(environment, shop.run)
        raise
    view = shop.ledger.environment(environment)
    if view.intent is not None and view.intent.run != shop.run:
        await return_first(shop, view, view.intent.run)
    standing = pointers_of(await observe(shop, environment))
    # From here on no automation may come between, be this process killed and its lock broken.
    shop.ledger.pin(environment, getpass.getuser(), job.reason)
    shop.ledger.record_intent(environment, shop.run, release.id, standing)
    returned = await return_to(shop, environment, pointers, job.name, Known(standing, release))
    if returned.strangers:
        raise Moved(
            f"somebody else moved {'; '.join(map(str, returned.strangers))}",
            where=environment,
            what_next="find out who deploys here besides Tidegate, then roll back again",
        )
    shop.ledger.rolled_back(environment, release.id, getpass.getuser(), job.reason, run=shop.run)
    shop.ledger.release_lock(environment, shop.run)
    for line in returned.moved:
        shop.log(job.name)(line)
    return JobReport(Phase.SUCCEEDED, f"{len(returned.moved)} pointers moved", {"moved": list(returned.moved)})


async def _prove(shop: Workshop, environment: str, release: str, pointers: object) -> None:
    """See that what the pointers are about to move to answers as it must, before any of them moves."""
    assert isinstance(pointers, dict)
    otherwise = f"choose another release with --to: `tidegate history {environment}` lists them"
    versions = pointers["functions"]
    await prove_way_back(shop, WayBackTo(f"rollback-{environment}", environment, release, versions, otherwise))
    if pointers["app"]:
        await prove_site(shop, environment, str(pointers["app"]), otherwise)
