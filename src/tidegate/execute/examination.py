"""The doctor before a deployment: what is wrong with settings or infrastructure keeps a run out of an environment."""

from tidegate.errors import GateFailed
from tidegate.execute.workshop import Workshop
from tidegate.model.finding import Check

TOLD = 3
"""How many findings a refusal tells; the command shows all."""


async def examined(shop: Workshop, environment: str) -> None:
    """See that an environment is sound, before anything of it is changed. Warnings are told in the run.

    An image of the way back that is gone is left to the proof of the way back, which a person may waive.

    Raises:
        GateFailed: When it is not, and the team did not accept what is wrong.
    """
    findings = [one for one in await shop.examine(environment) if one.check is not Check.WAY_BACK]
    log = shop.log(f"doctor-{environment}")
    for one in findings:
        accepted = f" (accepted: {one.accepted})" if one.accepted else ""
        log(f"{one.severity} {one.check}: {one.where}: {one.what}{accepted}")
        if not one.blocks and not one.accepted:
            shop.ledger.note(shop.run, "", f"{environment}: {one.what}")
    blocking = [one for one in findings if one.blocks]
    if not blocking:
        return
    more = f"; and {len(blocking) - TOLD} more" if len(blocking) > TOLD else ""
    mend = next((one.mend[0] for one in blocking if one.mend), "")
    raise GateFailed(
        f"{environment} is not sound: {'; '.join(one.what for one in blocking[:TOLD])}{more}",
        where=environment,
        what_next=f"nothing was changed; {f'`{mend}`, and ' if mend else ''}`tidegate doctor {environment}` shows all",
    )
