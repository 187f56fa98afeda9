"""The inspection port over AWS."""

from tidegate.cloud.aws.inspection import functions, invokers, roles, surroundings
from tidegate.cloud.aws.wire import Wire
from tidegate.model.facts import (
    ApiFacts,
    DomainMapping,
    FunctionFacts,
    Grant,
    Identity,
    Invoker,
    LogGroupFacts,
    RepositoryFacts,
    Trust,
)


class AwsInspection:
    """AWS behind `cloud.inspection.Inspection`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def identity(self) -> Identity:
        """Whose credentials are used."""
        return await surroundings.identity(self._wire)

    async def trusts(self, role: str) -> tuple[Trust, ...]:
        """What lets GitHub's tokens, or everybody, assume a role, given by its name."""
        return await roles.trusts(self._wire, role)

    async def function(self, name: str) -> FunctionFacts | None:
        """A function's current configuration, without what invokes it."""
        return await functions.function(self._wire, name)

    async def invokers(self, name: str, arn: str) -> tuple[Invoker, ...]:
        """Function URLs and event source mappings of a function, and rules that name it without an alias."""
        return await invokers.invokers(self._wire, name, arn)

    async def grants(self, name: str, qualifier: str) -> tuple[Grant, ...]:
        """Statements of the resource policy of a function, or of one of its aliases."""
        return await functions.grants(self._wire, name, qualifier)

    async def api(self, identity: str) -> ApiFacts | None:
        """An HTTP API."""
        return await invokers.api(self._wire, identity)

    async def mappings(self, host: str) -> tuple[DomainMapping, ...]:
        """What lies below a domain of one's own; nothing for any other."""
        return await invokers.mappings(self._wire, host)

    async def log_group(self, name: str) -> LogGroupFacts | None:
        """A log group."""
        return await surroundings.log_group(self._wire, name)

    async def alarmed(self) -> frozenset[str]:
        """Names of the functions whose errors have an alarm."""
        return await surroundings.alarmed(self._wire)

    async def repository(self, name: str) -> RepositoryFacts | None:
        """A repository of the registry, with its images."""
        return await surroundings.repository(self._wire, name)

    async def secret_exists(self, name: str) -> bool:
        """Whether there is a secret of that name; its value is not read."""
        return await surroundings.secret_exists(self._wire, name)

    async def build_project_exists(self, name: str) -> bool:
        """Whether CodeBuild has a project of that name."""
        return await surroundings.build_project_exists(self._wire, name)
