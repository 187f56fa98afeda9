"""What the doctor looks at, in memory: sound unless a test says otherwise."""

from dataclasses import dataclass, field

from tests.memory_wire import Wire
from tidegate.model.facts import (
    KEEPING_LIFECYCLE,
    RETENTION_DAYS,
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

ARN = "arn:aws:lambda:local:123456789012:function:"


@dataclass
class MemoryInspection:
    """Facts by name; what has no entry is sound. None is what does not exist."""

    wire: Wire
    trusted: dict[str, tuple[Trust, ...]] = field(default_factory=dict)
    functions: dict[str, FunctionFacts | None] = field(default_factory=dict)
    invoked: dict[str, tuple[Invoker, ...]] = field(default_factory=dict)
    granted: dict[tuple[str, str], tuple[Grant, ...]] = field(default_factory=dict)
    apis: dict[str, ApiFacts] = field(default_factory=dict)
    mapped: dict[str, tuple[DomainMapping, ...]] = field(default_factory=dict)
    groups: dict[str, LogGroupFacts | None] = field(default_factory=dict)
    with_alarm: frozenset[str] = frozenset()
    repositories: dict[str, RepositoryFacts | None] = field(default_factory=dict)
    missing_secrets: set[str] = field(default_factory=set)
    missing_build_projects: set[str] = field(default_factory=set)

    async def identity(self) -> Identity:
        return await self.wire.ask("inspection.identity", lambda: Identity("123456789012", "arn:aws:iam::1:user/me"))

    async def trusts(self, role: str) -> tuple[Trust, ...]:
        return await self.wire.ask(f"inspection.trusts {role}", lambda: self.trusted.get(role, ()))

    async def function(self, name: str) -> FunctionFacts | None:
        sound = FunctionFacts(name, f"{ARN}{name}", (), "Active", f"/aws/lambda/{name}")
        return await self.wire.ask(f"inspection.function {name}", lambda: self.functions.get(name, sound))

    async def invokers(self, name: str, arn: str) -> tuple[Invoker, ...]:
        return await self.wire.ask(f"inspection.invokers {name} {arn}", lambda: self.invoked.get(name, ()))

    async def grants(self, name: str, qualifier: str) -> tuple[Grant, ...]:
        found = self.granted.get((name, qualifier), ())
        return await self.wire.ask(f"inspection.grants {name} {qualifier}", lambda: found)

    async def api(self, identity: str) -> ApiFacts | None:
        return await self.wire.ask(f"inspection.api {identity}", lambda: self.apis.get(identity))

    async def mappings(self, host: str) -> tuple[DomainMapping, ...]:
        return await self.wire.ask(f"inspection.mappings {host}", lambda: self.mapped.get(host, ()))

    async def log_group(self, name: str) -> LogGroupFacts | None:
        sound = LogGroupFacts(RETENTION_DAYS)
        return await self.wire.ask(f"inspection.log_group {name}", lambda: self.groups.get(name, sound))

    async def alarmed(self) -> frozenset[str]:
        return await self.wire.ask("inspection.alarmed", lambda: self.with_alarm)

    async def repository(self, name: str) -> RepositoryFacts | None:
        sound = RepositoryFacts("IMMUTABLE", KEEPING_LIFECYCLE, ())
        return await self.wire.ask(f"inspection.repository {name}", lambda: self.repositories.get(name, sound))

    async def secret_exists(self, name: str) -> bool:
        return await self.wire.ask(f"inspection.secret {name}", lambda: name not in self.missing_secrets)

    async def build_project_exists(self, name: str) -> bool:
        return await self.wire.ask(f"inspection.build_project {name}", lambda: name not in self.missing_build_projects)
