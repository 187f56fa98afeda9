"""What the doctor asks of a cloud: reads only, and of variables and secrets nothing but their names."""

from typing import Protocol

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


class Inspection(Protocol):
    """Looks at settings and infrastructure. None stands for what does not exist; all may raise `errors.CloudError`."""

    async def identity(self) -> Identity:
        """Whose credentials are used."""

    async def trusts(self, role: str) -> tuple[Trust, ...]:
        """What lets GitHub's tokens, or everybody, assume a role, given by its name."""

    async def function(self, name: str) -> FunctionFacts | None:
        """A function's current configuration, without what invokes it."""

    async def invokers(self, name: str, arn: str) -> tuple[Invoker, ...]:
        """Function URLs and event source mappings of a function, and rules that name it without an alias."""

    async def grants(self, name: str, qualifier: str) -> tuple[Grant, ...]:
        """Statements of the resource policy of a function, or of one of its aliases."""

    async def api(self, identity: str) -> ApiFacts | None:
        """An HTTP API."""

    async def mappings(self, host: str) -> tuple[DomainMapping, ...]:
        """What lies below a domain of one's own; nothing for any other."""

    async def log_group(self, name: str) -> LogGroupFacts | None:
        """A log group."""

    async def alarmed(self) -> frozenset[str]:
        """Names of the functions whose errors have an alarm."""

    async def repository(self, name: str) -> RepositoryFacts | None:
        """A repository of the registry, with its images."""

    async def secret_exists(self, name: str) -> bool:
        """Whether there is a secret of that name; its value is not read."""

    async def build_project_exists(self, name: str) -> bool:
        """Whether CodeBuild has a project of that name."""
