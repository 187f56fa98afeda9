"""Jobs `migrate-<env>`: bring the schema to what the release needs, in a way that the release before can live with."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from tidegate.errors import Failure
from tidegate.execute.database import Databases, Outline, Place
from tidegate.execute.gate import conclude
from tidegate.execute.rehearsal import rehearse, sweep
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase
from tidegate.model.record import SchemaMoved

EXPAND = "expand"


async def migrate(shop: Workshop, job: Job) -> JobReport:
    """Try what is pending where it cannot hurt, then apply it to the environment's database.

    What was applied stays, whatever comes after it: that the release before works with it is what the rehearsal is for.

    Raises:
        GateFailed: When a trial did not succeed: the database is as it was.
        Failure: When the database does not answer, or a migration fails.
    """
    databases, place = place_of(shop, job.environment)
    await sweep(shop, job.environment, job.name)
    outline = await databases.outline(place)
    if not outline.pending:
        _record(shop, job.environment, outline, ())
        return JobReport(Phase.SUCCEEDED, f"nothing to apply: {stands(outline)}", _outcome(outline, ()))
    log = shop.log(job.name)
    log(f"to apply: {', '.join(outline.pending)}; {stands(outline)}")
    tried = [*await databases.lint(place, outline, log)]
    conclude(job.name, tried)
    tried += await databases.round_trip(place, outline, log)
    conclude(job.name, tried)
    tried += await rehearse(shop, job, place, outline)
    report = conclude(job.name, tried)
    applied = await _apply(shop, job, place, outline)
    detail = f"{len(applied)} migrations applied, the last {applied[-1]}; {report.detail}"
    return replace(report, detail=detail, outcome={**report.outcome, **_outcome(outline, applied)})


def place_of(shop: Workshop, environment: str) -> tuple[Databases, Place]:
    """The databases, and the environment's own with the files that the release's schema was read from.

    Raises:
        SourceError: When the repository does not have the commit.
    """
    schema = shop.release().schema
    assert shop.pipeline.database
    assert shop.databases
    assert schema
    return shop.databases, Place(environment, shop.pipeline.database, shop.edition(schema.commit).source)


def stands(outline: Outline) -> str:
    """How far a database is, for people."""
    return f"the schema stands at {outline.expand or 'no migration'}"


async def _apply(shop: Workshop, job: Job, place: Place, outline: Outline) -> tuple[str, ...]:
    """Apply what is pending, journalled; what was applied is recorded even if the next one fails."""
    assert shop.databases
    try:
        await shop.databases.expand(place, outline, Journalled(shop, job))
    except Failure:
        with contextlib.suppress(Failure):  # what failed first is what has to be told
            after = await shop.databases.outline(place)
            _record(shop, job.environment, after, [one for one in outline.pending if one not in after.pending])
        raise
    after = await shop.databases.outline(place)
    applied = tuple(one for one in outline.pending if one not in after.pending)
    _record(shop, job.environment, after, applied)
    if after.pending:
        raise Failure(
            f"applied, but {', '.join(after.pending)} is still pending",
            where=job.environment,
            what_next="find out who migrates here besides Tidegate, then `tidegate resume`",
        )
    return applied


class Journalled:
    """Steps of a migration in the ledger: each before its effect, while the environment is held, and behind it."""

    def __init__(self, shop: Workshop, job: Job) -> None:
        self._shop = shop
        self._job = job

    async def intended(self, step: str, text: str) -> None:
        """See `Steps.intended`."""
        self._shop.ledger.check_held(self._job.environment, self._shop.run, self._shop.holder)
        self._shop.ledger.step_intended(self._shop.run, self._job.name, step)
        self._shop.log(self._job.name)(f"{step}: {text}" if text else step)

    async def done(self, step: str) -> None:
        """See `Steps.done`."""
        self._shop.ledger.step_done(self._shop.run, self._job.name, step, "")

    async def noted(self, text: str) -> None:
        """See `Steps.noted`."""
        self._shop.log(self._job.name)(text)


def _record(shop: Workshop, environment: str, outline: Outline, applied: Sequence[str]) -> None:
    moved = SchemaMoved(
        run=shop.run,
        release=shop.release().id,
        phase=EXPAND,
        applied=tuple(applied),
        expand=outline.expand,
        contract=outline.contract,
        at=0.0,
    )
    shop.ledger.schema_moved(environment, moved, shop.holder)


def _outcome(outline: Outline, applied: Sequence[str]) -> dict[str, object]:
    return {"applied": list(applied), "before": outline.expand}
