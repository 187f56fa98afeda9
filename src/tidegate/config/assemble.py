"""From a checked `tidegate.yaml` to the frozen `Pipeline`. Pure; nothing can go wrong any more."""

import shlex

from tidegate.config.database_section import DatabaseSection
from tidegate.config.document import (
    ActionsSection,
    BrowserSection,
    FunctionSection,
    GatesSection,
    PipelineFile,
    ResourcesSection,
    SiteSection,
    SmokeSection,
    TestSection,
    TimeoutsSection,
)
from tidegate.config.finding import seconds
from tidegate.model.actions import Actions, ApprovalBy, Credentials, Pin, Supply, Versions
from tidegate.model.database import DatabaseSpec, Engine, VpcTests
from tidegate.model.finding import Acceptance, Check
from tidegate.model.job import Duty
from tidegate.model.pipeline import (
    BrowserGate,
    Builder,
    CheckGate,
    CheckStep,
    Component,
    Environment,
    Expectation,
    FunctionSpec,
    ImageSpec,
    Order,
    Pipeline,
    Resources,
    Seed,
    SiteSpec,
    SmokeTest,
    Strategy,
    Timeouts,
)


def assemble(file: PipelineFile) -> Pipeline:
    """Return the pipeline that a checked file declares."""
    images = {
        name: ImageSpec(
            name, image.dockerfile, image.context, image.repository, tuple(image.components), Builder(image.builder)
        )
        for name, image in file.images.items()
    }
    return Pipeline(
        product=file.product,
        branch=file.branch,
        cloud=file.cloud,
        region=file.region,
        ignore=tuple(file.ignore),
        components={name: Component(name, tuple(patterns)) for name, patterns in file.components.items()},
        images=images,
        functions={key: _function(key, function) for key, function in file.functions.items()},
        site=_site(file.site) if file.site else None,
        resources=_resources(file.resources),
        check=_check_gate(file.gates.test) if file.gates.test else None,
        browser=_browser_gate(file.gates.e2e) if file.gates.e2e else None,
        contract=_browser_gate(file.gates.skew) if file.gates.skew else None,
        order=Order(file.order),
        environments=_environments(file),
        timeouts=_timeouts(file.timeouts),
        infrastructure=_infrastructure(file.gates),
        actions=_actions(file.actions, file.branch) if file.actions else None,
        database=_database(file.database) if file.database else None,
        accepted=tuple(Acceptance(Check(one.check), one.where, one.reason) for one in file.doctor.accept),
    )


def _function(key: str, function: FunctionSection) -> FunctionSpec:
    return FunctionSpec(
        key=key,
        name=function.name,
        image=function.image,
        handler=function.handler,
        smoke=tuple(_smoke(smoke) for smoke in function.smoke),
        environment=dict(function.environment),
        optional=function.optional,
        api=function.api,
        queue=function.queue,
        schedule=function.schedule,
        timeout_seconds=seconds(function.timeout),
        memory_mb=function.memory,
        runtime=tuple(function.runtime),
        database=function.database,
    )


def _smoke(smoke: SmokeSection) -> SmokeTest:
    status = 200 if smoke.get and smoke.expect.status is None else smoke.expect.status
    return SmokeTest(
        name=smoke.name or (f"GET {smoke.get}" if smoke.get else str(smoke.event)),
        expect=Expectation(status, smoke.expect.json_),
        get=smoke.get,
        event=smoke.event,
        seed=Seed(smoke.seed.bucket, smoke.seed.key, smoke.seed.file) if smoke.seed else None,
    )


def _site(site: SiteSection) -> SiteSpec:
    return SiteSpec(
        path=site.path,
        components=tuple(site.components),
        install=tuple(shlex.split(site.install)),
        build=tuple(shlex.split(site.build)),
        output=site.output,
        lock=site.lock,
        strategy=Strategy(site.strategy),
        bucket=site.bucket,
        api=site.api,
    )


def _resources(resources: ResourcesSection) -> Resources:
    tables = {name: (table.hash, table.range) for name, table in resources.tables.items()}
    return Resources(tables, dict(resources.queues), dict(resources.buckets), dict(resources.secrets))


def _database(database: DatabaseSection) -> DatabaseSpec:
    tests = database.vpc_tests
    return DatabaseSpec(
        engine=Engine(database.engine),
        cluster=database.cluster,
        secret=database.secret,
        components=tuple(database.components),
        migrations=database.migrations.rstrip("/") if database.migrations else None,
        expected=database.expected,
        introspection=database.introspection,
        rollback_window_seconds=seconds(database.rollback_window),
        lock_timeout_seconds=seconds(database.lock_timeout),
        statement_timeout_seconds=seconds(database.statement_timeout),
        vpc_tests=VpcTests(tests.project, seconds(tests.timeout), tests.enabled, tests.buildspec) if tests else None,
    )


def _check_gate(gate: TestSection) -> CheckGate:
    steps = tuple(CheckStep(step.name, step.run, step.warn) for step in gate.steps)
    return CheckGate(tuple(gate.components), tuple(gate.python), steps, float(seconds(gate.timeout)))


def _browser_gate(gate: BrowserSection) -> BrowserGate:
    return BrowserGate(gate.run, tuple(gate.python), gate.shards, float(seconds(gate.timeout)))


def _infrastructure(gates: GatesSection) -> dict[str, CheckGate]:
    given = {"opa-policy": gates.opa_policy, "terratest": gates.terratest}
    return {name: _check_gate(gate) for name, gate in given.items() if gate is not None}


def _actions(section: ActionsSection, branch: str) -> Actions:
    return Actions(
        ledger=section.ledger,
        supply=Supply(section.tidegate.requirements, section.tidegate.path),
        runner=section.runner,
        versions=Versions(section.python, section.node, section.terraform, section.go),
        credentials=Credentials(section.credentials),
        approval=ApprovalBy(section.approval),
        github=section.github or ("tidegate" if section.credentials == "keys" else ""),
        pull_requests=tuple(section.pull_requests) or (branch,),
        infrastructure=tuple(section.infrastructure) or (branch,),
        pins={action: Pin(action, *text.split()) for action, text in section.pins.items()},
    )


def _timeouts(section: TimeoutsSection) -> Timeouts:
    given = section.model_dump(by_alias=True, exclude_none=True)
    default = seconds(given.pop("default"))
    return Timeouts(default, {Duty(duty): seconds(limit) for duty, limit in given.items()})


def _environments(file: PipelineFile) -> dict[str, Environment]:
    """Sort environments so that each comes after the one it waits for, in the file's order otherwise."""
    sorted_: dict[str, Environment] = {}
    waiting = dict(file.environments)
    while waiting:
        ready = next(name for name, one in waiting.items() if one.after is None or one.after in sorted_)
        one = waiting.pop(ready)
        sorted_[ready] = Environment(
            ready, one.after, one.github or ready, one.approval == "required", tuple(one.approvers)
        )
    return sorted_
