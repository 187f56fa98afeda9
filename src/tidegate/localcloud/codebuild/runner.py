"""Runs builds for real: leads each through its phases, whatever comes of them."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import anyio.to_thread

from tidegate.localcloud.codebuild.build import Build, Context, Kind, OnFailure, PhaseType, Status
from tidegate.localcloud.codebuild.buildspec import Buildspec, BuildspecError, Commands, read_buildspec
from tidegate.localcloud.codebuild.log import BuildLog
from tidegate.localcloud.codebuild.shell import Shell
from tidegate.localcloud.codebuild.source import unpack
from tidegate.localcloud.codebuild.state import CodeBuildState, is_inline
from tidegate.localcloud.codebuild.stored import Stored, Unavailable
from tidegate.localcloud.codebuild.surroundings import Folders, variables
from tidegate.localcloud.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Grounds:
    """What builds run on.

    Attributes:
        folder: Where each build gets a folder of its own.
        endpoint: The control plane that commands call.
        clock: Seconds since the epoch.
        minute: What a minute of a build's limit takes, in seconds.
    """

    state: CodeBuildState
    stored: Stored
    telemetry: Telemetry
    folder: Path
    endpoint: str
    region: str
    clock: Callable[[], float]
    minute: float = 60.0


class BuildRunner:
    """Runs one build."""

    def __init__(self, grounds: Grounds, build: Build) -> None:
        self._grounds = grounds
        self._id = build.id
        self._log = BuildLog(grounds.telemetry, build, grounds.clock)
        self._folders = Folders(grounds.folder / build.uuid)

    async def run(self) -> None:
        """Lead the build to its end. Cancelled, it leaves nothing behind, and the build as it is."""
        try:
            self._leave(Status.SUCCEEDED)
            self._leave(Status.SUCCEEDED)
            await self._through()
        finally:
            await asyncio.shield(anyio.to_thread.run_sync(self._clear))

    async def _through(self) -> None:
        build = self._build()
        try:
            async with asyncio.timeout(build.project.timeout_minutes * self._grounds.minute):
                await self._phases()
        except TimeoutError:
            self._end(Status.TIMED_OUT, Context("BUILD_TIMED_OUT", "Build has timed out. "))
        except (BuildspecError, Unavailable) as refused:
            code = "YAML_FILE_ERROR" if isinstance(refused, BuildspecError) else "CLIENT_ERROR"
            self._end(Status.FAILED, Context(code, str(refused)))
        except Exception as broken:  # noqa: BLE001 - a full disk, or a defect, is this build's fault and not the cloud's end
            self._end(Status.FAULT, Context("INTERNAL_SERVICE_ERROR", f"{type(broken).__name__}: {broken}"))

    async def _phases(self) -> None:
        grounds, folders, build = self._grounds, self._folders, self._build()
        await anyio.to_thread.run_sync(folders.lay_out)
        self._change(lambda known: known.begin_logs(enabled=build.project.logs.enabled))
        self._log.note("Running on the embedded cloud")
        self._leave(Status.SUCCEEDED)
        self._log.note("Phase is DOWNLOAD_SOURCE")
        self._log.note(f"CODEBUILD_SRC_DIR={folders.source}")
        spec = await self._download()
        environment = variables(build, folders, grounds.endpoint, grounds.region)
        environment |= await self._given(spec)
        for name in spec.left_out:
            self._log.note(f"{name}: not emulated by the embedded cloud, left out")
        self._leave(Status.SUCCEEDED)
        shell = Shell(spec.shell, folders.source, folders.scratch, environment, self._log.write)
        try:
            while (kind := self._build().current) in _RUN:
                await self._phase(shell, kind, spec.phases.get(kind, Commands()))
        finally:
            await shell.stop()
        while not self._build().complete:
            self._leave(Status.SUCCEEDED)

    async def _download(self) -> Buildspec:
        """The source unpacked, and the buildspec that it holds or that was given."""
        project = self._build().project
        if project.source.kind == "S3":
            archive = await self._grounds.stored.object(project.source.location, project.source_version)
            await anyio.to_thread.run_sync(unpack, archive, self._folders.source)
        given = project.source.buildspec
        if is_inline(given):
            return read_buildspec(given)
        place = (self._folders.source / (given or "buildspec.yml")).resolve()
        self._log.note(f"YAML location is {place}")
        if not place.is_relative_to(self._folders.source.resolve()):
            raise BuildspecError(f"YAML_FILE_ERROR: {given} leads out of the source")
        try:
            text = place.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BuildspecError(f"YAML_FILE_ERROR: {given or 'buildspec.yml'} cannot be read") from error
        return read_buildspec(text)

    async def _given(self, spec: Buildspec) -> dict[str, str]:
        """Variables of the buildspec, and before them those of project and request; secrets are kept out of the log.

        Raises:
            Unavailable: For a secret or a parameter that does not exist.
        """
        self._log.note("Processing environment variables")
        stored = self._grounds.stored
        wanted = {one.name: one for one in (*spec.variables, *self._build().project.variables)}
        found: dict[str, str] = {}
        for name, one in wanted.items():
            match one.kind:
                case Kind.PLAINTEXT:
                    found[name] = one.value
                case Kind.SECRETS_MANAGER:
                    found[name] = await stored.secret(one.value)
                case Kind.PARAMETER_STORE:
                    found[name] = await stored.parameter(one.value)
                case _:
                    assert_never(one.kind)
        self._log.hide(found[name] for name, one in wanted.items() if one.kind is not Kind.PLAINTEXT)
        return found

    async def _phase(self, shell: Shell, kind: PhaseType, todo: Commands) -> None:
        self._log.note(f"Entering phase {kind}")
        succeeding = int(self._build().succeeding)
        if todo.commands or todo.at_last:
            await shell.run(f"export CODEBUILD_BUILD_SUCCEEDING={succeeding}")
        failure = await self._commands(shell, todo.commands)
        failure = await self._commands(shell, todo.at_last) or failure
        self._leave(Status.FAILED if failure else Status.SUCCEEDED, failure, todo.on_failure)

    async def _commands(self, shell: Shell, commands: tuple[str, ...]) -> Context | None:
        """Run commands until one fails; why it did, None when none does."""
        for command in commands:
            self._log.note(f"Running command {command}")
            code = await shell.run(command)
            if code:
                self._log.note(f"Command did not exit successfully {command} exit status {code}")
                message = f"Error while executing command: {command}. Reason: exit status {code}"
                return Context("COMMAND_EXECUTION_ERROR", self._log.hidden(message))
        return None

    def _end(self, status: Status, context: Context) -> None:
        """End the current phase otherwise than well, and with it the build."""
        self._leave(status, context, OnFailure.ABORT)
        while not self._build().complete:
            self._leave(Status.SUCCEEDED)

    def _leave(self, status: Status, context: Context | None = None, on_failure: OnFailure | None = None) -> None:
        kind = self._build().current
        if kind in _TOLD:
            said = context or Context()
            self._log.note(f"Phase complete: {kind} State: {status}")
            self._log.note(f"Phase context status code: {said.code} Message: {said.message}")
        now = self._grounds.clock()
        self._change(lambda build: build.leave(status, now, context, on_failure))

    def _build(self) -> Build:
        return self._grounds.state.build(self._id)

    def _change(self, change: Callable[[Build], Build]) -> None:
        self._grounds.state.change(self._id, change)

    def _clear(self) -> None:
        shutil.rmtree(self._folders.root, ignore_errors=True)


_RUN = frozenset({PhaseType.INSTALL, PhaseType.PRE_BUILD, PhaseType.BUILD, PhaseType.POST_BUILD})
_TOLD = _RUN | {PhaseType.DOWNLOAD_SOURCE, PhaseType.UPLOAD_ARTIFACTS}
