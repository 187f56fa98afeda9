"""`tidegate doctor`: what is wrong with the settings and the infrastructure of environments."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from tidegate.cloud.ports import Cloud
from tidegate.config.load import load
from tidegate.doctor.drift import judge_drift
from tidegate.doctor.examine import examine, idle_acceptances, with_acceptances
from tidegate.doctor.settings import KEY, KEY_ID, key_problem
from tidegate.errors import ConfigError, NotFound
from tidegate.execute.home import Home
from tidegate.execute.workshop import site_target
from tidegate.ledger.ledger import Ledger
from tidegate.model.actions import Credentials
from tidegate.model.facts import Protected, Settings
from tidegate.model.finding import Acceptance, Finding
from tidegate.model.pipeline import Pipeline, expand
from tidegate.model.snapshot import Snapshot
from tidegate.operations.addresses import read_addresses, read_settings
from tidegate.operations.examination import Subject, look
from tidegate.operations.project import Project
from tidegate.targets import functions

ROLE = "AWS_ROLE_ARN"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor says.

    Attributes:
        environments: Findings by environment.
        idle: What the team accepts and was nowhere found; known only where all environments were looked at.
    """

    environments: Mapping[str, tuple[Finding, ...]]
    idle: tuple[Acceptance, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether a run would be kept out of one of the environments."""
        return any(one.blocks for findings in self.environments.values() for one in findings)


async def doctor(project: Project, environment: str | None = None) -> Diagnosis:
    """Look at one environment, or at all of them, drift included. Reads only.

    Raises:
        ConfigError: For an environment that the pipeline does not have, or when there is no pipeline.
        CloudError: When the cloud does not answer.
    """
    pipeline = _pipeline(project)
    if environment is not None and environment not in pipeline.environments:
        raise ConfigError(
            f"there is no environment {environment}",
            where=project.file,
            what_next=f"name one of {', '.join(pipeline.environments)}",
        )
    names = tuple(pipeline.environments) if environment is None else (environment,)
    with project.ledger() as ledger:
        async with project.cloud(pipeline) as cloud:
            judge = examiner(project.home, pipeline, cloud, ledger)
            found = {name: await judge(name) for name in names}
            all_found = {
                name: (*findings, *await _drift(project, cloud, ledger, pipeline, name))
                for name, findings in found.items()
            }
    return Diagnosis(all_found, idle_acceptances(pipeline, all_found) if environment is None else ())


def examiner(
    home: Home, pipeline: Pipeline, cloud: Cloud, ledger: Ledger, environ: Mapping[str, str] = os.environ
) -> Callable[[str], Awaitable[tuple[Finding, ...]]]:
    """What judges an environment, drift aside: whoever is about to change it looks at its pointers anyway."""

    async def judged(environment: str) -> tuple[Finding, ...]:
        settings = settings_of(pipeline, home, environment, environ)
        if cloud.endpoint:  # an emulator takes any keys, and knows no roles
            settings = replace(settings, wrong_keys={}, role="")
        live = ledger.environment(environment).live
        site = ledger.release(live).site if live else None
        subject = Subject(
            pipeline,
            environment,
            settings,
            protected(ledger, pipeline),
            site=site.digest if site else "",
            tested=_tested(pipeline, environment, environ),
        )
        return examine(pipeline, await look(cloud, subject))

    return judged


def _tested(pipeline: Pipeline, environment: str, environ: Mapping[str, str]) -> str:
    """The CodeBuild project that tests of an environment are to run in; empty where none are to run."""
    tests = pipeline.database.vpc_tests if pipeline.database else None
    return expand(tests.project, environment) if tests and not tests.idle(environ) else ""


def settings_of(pipeline: Pipeline, home: Home, environment: str, environ: Mapping[str, str]) -> Settings:
    """An environment's settings as they were given. Of credentials no more is kept than what is wrong with them."""
    keys = {name: environ.get(name, "") for name in (KEY_ID, KEY)}
    problems = {
        KEY_ID: key_problem(KEY_ID, keys[KEY_ID], keys[KEY]),
        KEY: key_problem(KEY, keys[KEY], keys[KEY_ID]),
    }
    by_keys = pipeline.actions is not None and pipeline.actions.credentials is Credentials.KEYS
    if by_keys and "GITHUB_ACTIONS" in environ:
        problems = {name: problem or ("" if keys[name] else "is not set") for name, problem in problems.items()}
    values, file = read_settings(home.environment(environment), environ)
    wrong = {name: problem for name, problem in problems.items() if problem}
    return Settings(values, wrong, environ.get(ROLE, ""), environ.get("GITHUB_REPOSITORY", ""), file)


def protected(ledger: Ledger, pipeline: Pipeline) -> tuple[Protected, ...]:
    """Images that must stay: those of what is live anywhere, and of what each environment would return to."""
    found: dict[tuple[str, str], Protected] = {}
    for name in pipeline.environments:
        view = ledger.environment(name)
        live = [(view.live, f"live in {name}")] if view.live else []
        back = [(release, f"the way back of {name}") for release in view.previous[:1]]
        for release, why in (*live, *back):
            for image in ledger.release(release).images.values():
                one = Protected(image.location, image.digest, f"{why} ({release})")
                found.setdefault((one.repository, one.digest), one)
    return tuple(found.values())


async def _drift(
    project: Project, cloud: Cloud, ledger: Ledger, pipeline: Pipeline, environment: str
) -> tuple[Finding, ...]:
    """What does not serve the release that is recorded as live; nothing where settings keep it from being seen."""
    view = ledger.environment(environment)
    if not view.live:
        return ()
    release = ledger.release(view.live)
    was = project.pipeline_at(project.repository(), release.commit)
    recorded = view.pointers.get(view.live)
    versions = recorded.get("functions", {}) if isinstance(recorded, Mapping) else {}
    site = None
    try:
        if was.site:
            address = read_addresses(was, project.home, only=[environment])[environment]
            site = await site_target(cloud, was, address, environment).observe()
        snapshot = Snapshot(environment, await functions.observe(cloud, was, environment), site)
    except (ConfigError, NotFound):
        return ()  # what is wrong with the settings, or is not there, is a finding already
    return tuple(with_acceptances(pipeline, environment, judge_drift(was, release, versions, snapshot)))


def _pipeline(project: Project) -> Pipeline:
    """As the working tree declares it, so that what is changed there is seen at once; else as HEAD does."""
    path = project.folder / project.file
    if path.is_file():
        return load(path)
    repository = project.repository()
    return project.pipeline_at(repository, repository.resolve("HEAD"))
