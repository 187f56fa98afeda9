"""CodeBuild's state machine: projects, builds and idempotency tokens. Pure: time and ids come in as arguments."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tidegate.localcloud.codebuild import errors
from tidegate.localcloud.codebuild.build import Build, Logs, Phase, PhaseType, Project, Source, Status, Variable

# AWS API: StartBuild, idempotencyToken: how long it is valid, in seconds.
TOKEN_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Overrides:
    """What StartBuild asks for besides the project: None leaves the project's own.

    Attributes:
        token: The idempotency token; empty for none.
        said: The whole request, by which a repeated one is known.
    """

    variables: tuple[Variable, ...] = ()
    source_version: str | None = None
    source_kind: str | None = None
    source_location: str | None = None
    buildspec: str | None = None
    timeout_minutes: int | None = None
    logs: Logs | None = None
    token: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    build: str
    said: str
    at: float


class CodeBuildState:
    """Everything of one account and region. Methods raise CodeBuildError and leave the state as it was."""

    def __init__(self, account: str, region: str) -> None:
        self._prefix = f"arn:aws:codebuild:{region}:{account}"
        self._projects: dict[str, Project] = {}
        self._builds: dict[str, Build] = {}
        self._numbers: dict[str, int] = {}
        self._tokens: dict[tuple[str, str], _Token] = {}

    def project_arn(self, name: str) -> str:
        """The ARN of a project."""
        return f"{self._prefix}:project/{name}"

    def create(self, project: Project) -> Project:
        """AWS API: CreateProject.

        Raises:
            CodeBuildError: ResourceAlreadyExistsException, or InvalidInputException for a source without its parts.
        """
        if project.name in self._projects:
            raise errors.exists(project.arn)
        _check(project.source)
        self._projects[project.name] = project
        return project

    def project(self, name: str) -> Project:
        """A project by name or ARN.

        Raises:
            CodeBuildError: ResourceNotFoundException.
        """
        found = self.find_project(name)
        if found is None:
            raise errors.no_project(name)
        return found

    def find_project(self, name: str) -> Project | None:
        """A project by name or ARN; None without it."""
        return self._projects.get(name.removeprefix(f"{self._prefix}:project/"))

    def projects(self) -> list[Project]:
        """All projects, in the order in which they were made."""
        return list(self._projects.values())

    def delete(self, name: str) -> None:
        """AWS API: DeleteProject; one that does not exist is gone already. Its builds stay readable."""
        self._projects.pop(name.removeprefix(f"{self._prefix}:project/"), None)

    def start(self, name: str, overrides: Overrides, uuid: str, initiator: str, now: float) -> tuple[Build, bool]:
        """AWS API: StartBuild. The build is SUBMITTED; whoever runs it leads it on.

        Returns:
            The build, and whether this call made it: a repeated token within its time gives the build of the first.

        Raises:
            CodeBuildError: ResourceNotFoundException; AccountLimitExceededException when too many run;
                InvalidInputException for a token that came with other parameters.
        """
        project = self.project(name)
        known = self._tokens.get((project.name, overrides.token)) if overrides.token else None
        if known is not None and now - known.at < TOKEN_SECONDS:
            if known.said != overrides.said:
                raise errors.invalid("idempotencyToken: parameter mismatch, the token came with another request")
            return self._builds[known.build], False
        self._make_room(project)
        merged = _merged(project, overrides)
        _check(merged.source)
        number = self._numbers[project.name] = self._numbers.get(project.name, 0) + 1
        identity = f"{project.name}:{uuid}"
        submitted = (Phase(PhaseType.SUBMITTED, now),)
        build = Build(identity, f"{self._prefix}:build/{identity}", number, merged, initiator, now, submitted)
        self._builds[identity] = build
        if overrides.token:
            self._tokens[project.name, overrides.token] = _Token(identity, overrides.said, now)
        return build, True

    def build(self, identity: str) -> Build:
        """A build by id or ARN.

        Raises:
            CodeBuildError: ResourceNotFoundException.
        """
        found = self.find_build(identity)
        if found is None:
            raise errors.no_build(identity)
        return found

    def find_build(self, identity: str) -> Build | None:
        """A build by id or ARN; None without it."""
        return self._builds.get(identity.removeprefix(f"{self._prefix}:build/"))

    def builds_of(self, name: str) -> list[Build]:
        """The builds of a project, oldest first.

        Raises:
            CodeBuildError: ResourceNotFoundException.
        """
        project = self.project(name)
        return [build for build in self._builds.values() if build.project.name == project.name]

    def change(self, identity: str, change: Callable[[Build], Build]) -> Build:
        """Lead a build on; returns it as it is then."""
        changed = self._builds[identity] = change(self.build(identity))
        return changed

    def stop(self, identity: str, now: float) -> Build:
        """AWS API: StopBuild.

        Raises:
            CodeBuildError: ResourceNotFoundException.
        """
        build = self.build(identity)
        return self.change(build.id, lambda known: known.stop(now))

    def _make_room(self, project: Project) -> None:
        if project.most_at_once is None:
            return
        running = sum(build.status is Status.IN_PROGRESS for build in self.builds_of(project.name))
        if running >= project.most_at_once:
            raise errors.too_many(project.most_at_once, project.name)


def _merged(project: Project, overrides: Overrides) -> Project:
    """The project as one build sees it: a variable of the request stands before the project's of that name."""
    source = Source(
        project.source.kind if overrides.source_kind is None else overrides.source_kind,
        project.source.location if overrides.source_location is None else overrides.source_location,
        project.source.buildspec if overrides.buildspec is None else overrides.buildspec,
    )
    variables = {one.name: one for one in (*project.variables, *overrides.variables)}
    return replace(
        project,
        source=source,
        source_version=project.source_version if overrides.source_version is None else overrides.source_version,
        variables=tuple(variables.values()),
        timeout_minutes=overrides.timeout_minutes or project.timeout_minutes,
        logs=overrides.logs or project.logs,
    )


def _check(source: Source) -> None:
    if source.kind == "S3":
        bucket, slash, key = source.location.partition("/")
        if not (bucket and slash and key):
            raise errors.invalid("Invalid project source: location must be a valid S3 source: bucket/path/file.zip")
    elif not is_inline(source.buildspec):
        raise errors.invalid("Project source type NO_SOURCE requires a buildspec that is given inline")


def is_inline(buildspec: str) -> bool:
    """Whether a buildspec is given itself, rather than by its path in the source."""
    return "\n" in buildspec or buildspec.lstrip().startswith(("version:", "{"))
