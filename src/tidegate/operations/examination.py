"""An environment looked at, for the doctor: side by side, and what could not be looked at is told as that."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tidegate.cloud.ports import Cloud
from tidegate.doctor.settings import API, APP, TEST, right_shape
from tidegate.doctor.site import bucket_of
from tidegate.errors import CloudError, NotFound, Throttled, Unreachable
from tidegate.model.facts import (
    ApiFacts,
    BucketFacts,
    DistributionFacts,
    DomainMapping,
    EnvironmentFacts,
    FunctionFacts,
    Protected,
    Settings,
    Trust,
    Unseen,
)
from tidegate.model.pipeline import FunctionSpec, Pipeline, Strategy, expand
from tidegate.targets.site_invalidation import untested
from tidegate.targets.step import CANDIDATE, LIVE
from tidegate.targets.together import together

_DOMAIN = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]+)(?:/|$)")
"""A domain that is no IP address; API Gateway serves domains over TLS alone."""

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at.

    Attributes:
        protected: Images that must stay.
        site: Digest of the bundle that is live; empty before a first one.
        tested: The CodeBuild project that tests are to run in; empty where none are to run.
    """

    pipeline: Pipeline
    environment: str
    settings: Settings
    protected: tuple[Protected, ...] = ()
    site: str = ""
    tested: str = ""


@dataclass(slots=True)
class _Eyes:
    """Looks, and remembers what could not be seen. An answer that did not come is nobody's finding."""

    unseen: list[Unseen] = field(default_factory=list)

    async def see(self, where: str, look: Callable[[], Awaitable[T]], otherwise: T, *, matters: bool = True) -> T:
        """What is there, or `otherwise` where it may not be looked at."""
        found = await self.all({where: where}, lambda _: look(), matters=matters)
        return found.get(where, otherwise)

    async def all(
        self, named: Mapping[K, str], look: Callable[[K], Awaitable[T]], *, matters: bool = True
    ) -> dict[K, T]:
        """Look at several things at once; those that may not be looked at are absent.

        Raises:
            CloudError: When no answer came.
        """

        async def one(key: K, where: str) -> tuple[K, T] | None:
            try:
                return key, await look(key)
            except (Unreachable, Throttled):
                raise
            except CloudError as refusal:
                self.unseen.append(Unseen(where, refusal.what, matters))
                return None

        return dict(found for found in await together(one(*item) for item in named.items()) if found)


async def look(cloud: Cloud, subject: Subject) -> EnvironmentFacts:
    """Look at everything of an environment that the doctor judges.

    Raises:
        CloudError: When the cloud did not answer.
    """
    eyes, pipeline, environment = _Eyes(), subject.pipeline, subject.environment
    repositories = {image.repository: f"repository {image.repository}" for image in pipeline.images.values()}
    declared = (*pipeline.resources.secrets.values(), *((pipeline.database.secret,) if pipeline.database else ()))
    secrets = [expand(name, environment) for name in dict.fromkeys(declared)]
    specs = {key: f"function {expand(spec.name, environment)}" for key, spec in pipeline.functions.items()}

    async def function(key: str) -> FunctionFacts | None:
        return await _function(cloud, eyes, pipeline.functions[key], environment)

    tested = {subject.tested: f"CodeBuild project {subject.tested}"} if subject.tested else {}
    identity, functions, distributions, alarmed, registry, known = await asyncio.gather(
        eyes.see("the account", cloud.inspection.identity, None),
        eyes.all(specs, function),
        _distributions(cloud, eyes, subject),
        eyes.see("the alarms", cloud.inspection.alarmed, None),
        eyes.all(repositories, cloud.inspection.repository),
        eyes.all({name: f"secret {name}" for name in secrets}, cloud.inspection.secret_exists),
    )
    there = [facts for facts in functions.values() if facts]
    trusts, groups, apis, mappings, bucket, projects = await asyncio.gather(
        _trusts(cloud, eyes, subject.settings.role),
        eyes.all({facts.log_group: f"log group {facts.log_group}" for facts in there}, cloud.inspection.log_group),
        _apis(cloud, eyes, subject, functions),
        _mappings(cloud, eyes, subject),
        _measured(cloud, eyes, subject, distributions),
        eyes.all(tested, cloud.inspection.build_project_exists),
    )
    return EnvironmentFacts(
        environment=environment,
        region=cloud.region,
        identity=identity,
        settings=subject.settings,
        trusts=trusts,
        functions=functions,
        distributions=distributions,
        apis=apis,
        mappings=mappings,
        groups=groups,
        alarmed=alarmed,
        repositories=registry,
        secrets=known,
        build_projects=projects,
        bucket=bucket,
        protected=subject.protected,
        unseen=tuple(sorted(set(eyes.unseen), key=lambda one: one.where)),
    )


async def _trusts(cloud: Cloud, eyes: _Eyes, role: str) -> tuple[Trust, ...] | None:
    """Who may assume the role. A role that may not look at itself can deploy all the same, and that is told."""
    name = role.rpartition("/")[2]
    if not role.startswith("arn:") or not name:
        return None
    return await eyes.see(f"the trust policy of {role}", lambda: cloud.inspection.trusts(name), None, matters=False)


async def _function(cloud: Cloud, eyes: _Eyes, spec: FunctionSpec, environment: str) -> FunctionFacts | None:
    """A function with what invokes it and who may."""
    name, inspection = expand(spec.name, environment), cloud.inspection
    facts = await inspection.function(name)
    if facts is None:
        return None
    arn = facts.arn
    invokers, grants = await asyncio.gather(
        eyes.see(f"what invokes function {name}", lambda: inspection.invokers(name, arn), None),
        eyes.all(
            dict.fromkeys(("", LIVE, CANDIDATE), f"the policy of function {name}"),
            lambda qualifier: inspection.grants(name, qualifier),
        ),
    )
    return replace(facts, invokers=invokers, grants=grants)


async def _apis(
    cloud: Cloud, eyes: _Eyes, subject: Subject, functions: Mapping[str, FunctionFacts | None]
) -> tuple[ApiFacts, ...]:
    """The HTTP APIs that may invoke a function, by its resource policies, and the one that its address names.

    AWS API: such a grant is limited to arn:aws:execute-api:REGION:ACCOUNT:API/…, or to nothing; an address begins with
    https://API.execute-api.
    """
    sources = [
        grant.source
        for key, facts in functions.items()
        if facts and subject.pipeline.functions[key].api
        for grants in facts.grants.values()
        for grant in grants
    ]
    named = [arn.split(":")[5].partition("/")[0] for arn in sources if ":execute-api:" in arn]
    host, execute, _ = subject.settings.values.get(API, "").removeprefix("https://").partition(".execute-api.")
    wanted = {name: f"API {name}" for name in (*named, *([host] if execute else [])) if name.isalnum()}
    found = await eyes.all(wanted, cloud.inspection.api)
    return tuple(api for api in found.values() if api)


async def _mappings(cloud: Cloud, eyes: _Eyes, subject: Subject) -> tuple[DomainMapping, ...]:
    """Where the API's address is on a domain of the team's own: what lies below it."""
    found = _DOMAIN.match(subject.settings.values.get(API, ""))
    if found is None or ".execute-api." in found[1]:
        return ()
    host = found[1]
    return await eyes.see(f"domain {host}", lambda: cloud.inspection.mappings(host), ())


async def _distributions(cloud: Cloud, eyes: _Eyes, subject: Subject) -> dict[str, DistributionFacts | None]:
    async def one(identity: str) -> DistributionFacts | None:
        try:
            found = await cloud.edges.distribution(identity)
        except NotFound:
            return None
        return DistributionFacts(found.id, found.domain, found.origin, found.store)

    if subject.pipeline.site is None:
        return {}
    given = {name: subject.settings.values.get(name, "") for name in (APP, TEST)}
    wanted = {value: f"distribution {value}" for name, value in given.items() if value and right_shape(name, value)}
    return await eyes.all(wanted, one)


async def _measured(
    cloud: Cloud, eyes: _Eyes, subject: Subject, distributions: Mapping[str, DistributionFacts | None]
) -> BucketFacts | None:
    """What APP would serve at a cache miss, where it reads the same files as TEST."""
    site, values = subject.pipeline.site, subject.settings.values
    test, app = (distributions.get(values.get(name, "")) for name in (TEST, APP))
    if site is None or site.strategy is not Strategy.INVALIDATION or not test or not app or test.origin != app.origin:
        return None
    bucket = bucket_of(app)
    if not bucket:
        return None
    return await eyes.see(f"bucket {bucket}", lambda: untested(cloud, bucket, subject.site), None)
