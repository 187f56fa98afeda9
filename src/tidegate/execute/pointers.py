"""The pointers of an environment: observed, and written by an applier that journals each step."""

import asyncio
from collections.abc import Callable, Iterable

from tidegate.execute.workshop import Workshop
from tidegate.model.snapshot import Snapshot
from tidegate.targets import functions
from tidegate.targets.step import LIVE, FunctionStep, told, way_back_of


async def observe(shop: Workshop, environment: str) -> Snapshot:
    """Observe functions and site of an environment at once."""

    async def site() -> object:
        return await shop.site(environment).observe() if shop.pipeline.site else None

    found, pointers = await asyncio.gather(functions.observe(shop.cloud, shop.pipeline, environment), site())
    return Snapshot(environment, found, pointers)  # type: ignore[arg-type] # gather widens the optional


def pointers_of(snapshot: Snapshot) -> dict[str, object]:
    """Where the live pointers of an environment stand."""
    return way_back_of(live_versions(snapshot), snapshot.site.app.release if snapshot.site else "")


def live_versions(snapshot: Snapshot) -> dict[str, str]:
    """Function key → the version that users reach."""
    live = {key: function.aliases.get(LIVE) for key, function in snapshot.functions.items()}
    return {key: pointer.version for key, pointer in live.items() if pointer}


def applier(shop: Workshop, environment: str, job: str) -> functions.Applier:
    """An applier that journals each step before its effect and its outcome after, while the environment is held."""

    def journal(step: FunctionStep) -> Callable[[str], None]:
        text = told(step)
        shop.ledger.check_held(environment, shop.run, shop.holder)
        shop.ledger.step_intended(shop.run, job, text)
        shop.log(job)(text)

        def done(outcome: str) -> None:
            shop.ledger.step_done(shop.run, job, text, outcome)

        return done

    note = f"tidegate run {shop.run} release {shop.release().id}"
    return functions.Applier(shop.cloud, note, journal, shop.patience)


def announce(shop: Workshop, environment: str, job: str, steps: Iterable[FunctionStep]) -> None:
    """Journal the intents of steps that an applier is about to take, at once where each record is dear.

    Raises:
        Locked: When this process does not hold the environment any more.
    """
    shop.ledger.check_held(environment, shop.run, shop.holder)
    shop.ledger.steps_intended(shop.run, job, [told(step) for step in steps])


def runtime(shop: Workshop, environment: str, *, live: bool) -> dict[str, str]:
    """The runtime file of a pointer: what differs by environment or by pointer."""
    address = shop.addresses[environment]
    return {"apiUrl": address.api_url if live else address.candidate_api_url, "environment": environment}
