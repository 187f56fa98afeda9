"""The product whose prod must be approved, and its runs as processes carry them."""

from dataclasses import replace

from tests.execute.shops import PIPELINE as WHOLE
from tests.execute.shops import Shop
from tidegate.execute.workshop import Workshop
from tidegate.model.pipeline import Environment
from tidegate.model.run import RunView
from tidegate.operations.kept import kept
from tidegate.operations.run import _walk

PIPELINE = replace(
    WHOLE,
    browser=None,
    environments={
        **WHOLE.environments,
        "prod": replace(WHOLE.environments["prod"], approval=True, approvers=("ann", "bob")),
    },
)
TWO_ENDS = replace(PIPELINE, environments={**PIPELINE.environments, "asia": Environment("asia", "dev")})
"""Behind dev there are prod, which must be approved, and asia, which need not."""


async def carried(shop: Shop, run: Workshop) -> Workshop:
    """Carry a run as a process does, from where it stands to where it ends or waits."""
    view = shop.ledger.run(run.run)
    shop.ledger.run_started(run.run, 1, "host")
    shop.living.add(run.run)
    await _walk(run, kept(shop.ledger, view, run.pipeline))
    shop.living.discard(run.run)
    return replace(run, guards={})


async def approved(shop: Shop, run: Workshop) -> RunView:
    shop.ledger.decide_approval(run.run, "prod", "ann", "looks good", approved=True)
    await carried(shop, run)
    return shop.ledger.run(run.run)
