"""The job graph: the reference's jobs, in the order that the pipeline declares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tidegate.model.job import Duty, Job, Plan
from tidegate.model.pipeline import Environment, Order, Pipeline, Strategy
from tidegate.model.release import Release
from tidegate.plan.scope import Scope

DETECT = "detect-changes"
CHECK = "test"
BUILD = "build"
BUILD_SITE = "build-frontend"
BESIDES_SECONDS = 300
"""What a job is given besides the time of that which it waits for."""
BUILD_SCHEMA = "build-schema"


@dataclass(frozen=True, slots=True)
class Behind:
    """What an environment lacks of the last release.

    Attributes:
        backend: Why functions would move; empty when they serve the release.
        site: Why the site would move; empty when it serves the release.
        schema: Why the environment's migrations are not those of the release; empty when they are.
        evidence: Why the release does not count as proven there; empty when it does. One that is served already and
            not proven is taken through the environment's gates anew, or it could never go further.
    """

    backend: str = ""
    site: str = ""
    evidence: str = ""
    schema: str = ""


def plan_run(
    pipeline: Pipeline,
    commit: str,
    base: str | None,
    scope: Scope,
    last: Release | None,
    behind: Mapping[str, Behind],
    untested: str = "",
) -> Plan:
    """Lay out every job of the pipeline, each with why it applies or why not.

    Args:
        pipeline: What `tidegate.yaml` declares.
        commit: The commit to carry.
        base: The commit of the last release.
        scope: What the push is about.
        last: The last release, that unchanged artifacts are inherited from.
        behind: Environment → what it lacks of the release, as observed; for a release that is still to be built,
            what it would lack of the inherited part.
        untested: Why tests inside the VPC do not apply anywhere; empty where they do.
    """
    jobs = [*_check(pipeline, scope), *_builds(pipeline, scope)]
    gateway = tuple(job.name for job in jobs) or (DETECT,)
    ends: dict[str, tuple[str, ...]] = {}
    for environment in pipeline.environments.values():
        before = ends[environment.after] if environment.after else gateway
        own = _approved(pipeline, environment, before, scope, behind[environment.name], untested)
        ends[environment.name] = _ends(own) or before
        jobs.extend(own)
    reason = _reason(scope, jobs)
    jobs.insert(0, _detect(jobs, reason))
    return Plan(
        commit=commit,
        base=base,
        jobs=tuple(replace(job, timeout_seconds=_limit(pipeline, job.duty)) for job in jobs),
        images=tuple(scope.images),
        site=bool(scope.site),
        schema=bool(scope.schema),
        reason=reason,
        inherits=last.id if last else "",
    )


def every_job(pipeline: Pipeline) -> tuple[Job, ...]:
    """Every job that a run of the pipeline can have, as it is where all of them apply."""
    why = "everything changed"
    site, schema = (why if half else "" for half in (pipeline.site, pipeline.database))
    images = dict.fromkeys(pipeline.images, why)
    scope = Scope(images, site, "", why, release=True, quiet="", schema=schema)
    behind = dict.fromkeys(pipeline.environments, Behind(why, why, schema=schema))
    return plan_run(pipeline, "", None, scope, None, behind).jobs


def _limit(pipeline: Pipeline, duty: Duty) -> int:
    """How long a job may take: where nothing is declared, never shorter than what it waits for."""
    tests = pipeline.database.vpc_tests if pipeline.database else None
    if duty is Duty.VPC_TESTS and tests is not None and duty not in pipeline.timeouts.own:
        return max(pipeline.timeouts.default, tests.timeout_seconds + BESIDES_SECONDS)
    return pipeline.timeouts.of(duty)


def _detect(others: list[Job], reason: str) -> Job:
    return Job(DETECT, Duty.DETECT, applies=any(job.applies for job in others), reason=reason)


def _check(pipeline: Pipeline, scope: Scope) -> Iterable[Job]:
    if pipeline.check is not None:
        reason = scope.check or "nothing that it judges changed"
        yield Job(CHECK, Duty.CHECK, needs=(DETECT,), applies=bool(scope.check), reason=reason)


def _builds(pipeline: Pipeline, scope: Scope) -> Iterable[Job]:
    # Building pushes immutable artifacts that nobody uses yet: it may run while the quality gate does.
    needs = (CHECK,) if pipeline.check is not None else (DETECT,)
    if pipeline.images:
        reason = "; ".join(f"{name}: {why}" for name, why in scope.images.items()) or "every image is inherited"
        yield Job(BUILD, Duty.BUILD, needs, "", bool(scope.images), reason, prepare_after=(DETECT,))
    if pipeline.site is not None:
        reason = scope.site or "the site is inherited"
        yield Job(BUILD_SITE, Duty.BUILD_SITE, needs, "", bool(scope.site), reason, prepare_after=(DETECT,))
    if pipeline.database is not None:
        reason = scope.schema or "the schema is inherited"
        yield Job(BUILD_SCHEMA, Duty.BUILD_SCHEMA, needs, "", bool(scope.schema), reason, prepare_after=(DETECT,))


def _approved(
    pipeline: Pipeline,
    environment: Environment,
    before: tuple[str, ...],
    scope: Scope,
    behind: Behind,
    untested: str,
) -> tuple[Job, ...]:
    """The jobs of an environment, behind a person's approval where one is required."""
    name = f"{Duty.APPROVE}-{environment.name}"
    ready = (name,) if environment.approval else before
    own = tuple(_environment(pipeline, environment, ready, scope, behind, untested))
    if not environment.approval or not own:
        return own
    first = next((job for job in own if job.applies), own[0])
    return Job(name, Duty.APPROVE, before, environment.name, first.applies, first.reason), *own


def _environment(
    pipeline: Pipeline,
    environment: Environment,
    before: tuple[str, ...],
    scope: Scope,
    behind: Behind,
    untested: str,
) -> Iterable[Job]:
    name = environment.name
    backend, site = _moves(pipeline, scope, behind)
    first = pipeline.order is Order.BACKEND_FIRST
    schema = [*_schema(pipeline, environment, before, scope, behind)]
    yield from schema
    before = ready = (schema[-1].name,) if schema else before
    if pipeline.functions:
        yield Job(f"deploy-{name}", Duty.DEPLOY, before, name, *_because(backend, name), promotes=first)
        ready = (f"deploy-{name}",)
    if pipeline.database is not None and pipeline.database.vpc_tests is not None:
        tests = own_id(pipeline, Duty.VPC_TESTS, name)
        applies = _because("" if untested else backend, name, untested)
        yield Job(tests, Duty.VPC_TESTS, ready, name, *applies)
        ready = (tests,)
    if pipeline.site is not None:
        # The site's candidate does not wait for the backend's, unless that goes live first.
        needs = ready if first else before
        job = f"deploy-{name}-frontend"
        after = (BUILD_SITE,) if scope.site else (DETECT,)
        yield Job(job, Duty.DEPLOY_SITE, needs, name, *_because(site, name), prepare_after=after)
        ready = (job,) if first else (*(ready if ready != before else ()), job)
    any_move = "; ".join(dict.fromkeys(filter(None, (backend, site))))
    if pipeline.browser is not None and pipeline.site is not None:
        yield Job(f"e2e-test-{name}", Duty.BROWSER, ready, name, *_because(any_move, name))
        ready = (f"e2e-test-{name}",)
    if pipeline.contract is not None and has_skew(pipeline):
        why = any_move if backend and site else ""
        applies = _because(why, name) if why else (False, "only one half of the pair moves")
        yield Job(f"skew-test-{name}", Duty.SKEW, ready, name, *applies)
        ready = (f"skew-test-{name}",)
    if pipeline.functions and not first:
        yield Job(f"promote-{name}", Duty.PROMOTE, ready, name, *_because(backend, name))
        ready = (f"promote-{name}",)
    if pipeline.site is not None:
        yield Job(f"promote-{name}-frontend", Duty.PROMOTE_SITE, ready, name, *_because(site, name))


def _schema(
    pipeline: Pipeline, environment: Environment, before: tuple[str, ...], scope: Scope, behind: Behind
) -> Iterable[Job]:
    """Expand, then the schema gate: what the code needs is there before the code is."""
    if pipeline.database is None:
        return
    name = environment.name
    if pipeline.database.migrations is not None:
        why = (scope.schema or behind.schema) if scope.release else ""
        reason = why or f"{name} has the migrations already"
        yield Job(f"migrate-{name}", Duty.MIGRATE, before, name, bool(why), reason)
        before = (f"migrate-{name}",)
    backend, _ = _moves(pipeline, scope, behind)
    yield Job(own_id(pipeline, Duty.SCHEMA_GATE, name), Duty.SCHEMA_GATE, before, name, *_because(backend, name))


def own_id(pipeline: Pipeline, duty: Duty, environment: str) -> str:
    """The id of a job that the reference has once: bare in the first environment, with its name in all others."""
    first = next(iter(pipeline.environments))
    return duty.value if environment == first else f"{duty.value}-{environment}"


def has_skew(pipeline: Pipeline) -> bool:
    """Whether live and candidate can be paired crosswise: both halves have pointers, and neither moves first."""
    site = pipeline.site
    return bool(
        pipeline.functions
        and site is not None
        and site.strategy is Strategy.POINTER
        and pipeline.order is Order.TOGETHER
    )


def _moves(pipeline: Pipeline, scope: Scope, behind: Behind) -> tuple[str, str]:
    if not scope.release:
        return "", ""
    # An image that no function runs makes a release too; one that reaches no environment would be built every time.
    backend = f"new {', '.join(scope.images)}" if scope.images else scope.configuration or behind.backend
    if pipeline.database is not None:
        # The same code on another schema is another pair, and goes through the gates as one.
        backend = backend or scope.schema or behind.schema
    site = "new site" if scope.site else behind.site
    if not pipeline.functions:
        return "", site or scope.configuration or behind.evidence
    if not backend and not site:
        return behind.evidence, behind.evidence if pipeline.site else ""
    return backend, site


def _because(reason: str, environment: str, otherwise: str = "") -> tuple[bool, str]:
    return bool(reason), reason or otherwise or f"{environment} has it already"


def _ends(jobs: tuple[Job, ...]) -> tuple[str, ...]:
    needed = {need for job in jobs for need in job.needs}
    return tuple(job.name for job in jobs if job.name not in needed)


def _reason(scope: Scope, jobs: list[Job]) -> str:
    if scope.quiet:
        return scope.quiet
    if not any(job.applies for job in jobs):
        return "every environment already serves the last release"
    if not scope.release:
        return "gates only: nothing that a release is made of changed"
    return "a new release" if scope.makes_release else "the last release is carried on"
