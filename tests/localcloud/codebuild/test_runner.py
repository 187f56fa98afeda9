"""Builds that end otherwise than by their commands, run for real."""

import stat
import time
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from tidegate.localcloud.codebuild.build import Build, Phase, PhaseType, Project, Source, Status
from tidegate.localcloud.codebuild.runner import BuildRunner, Grounds
from tidegate.localcloud.codebuild.source import unpack
from tidegate.localcloud.codebuild.state import CodeBuildState, Overrides
from tidegate.localcloud.codebuild.stored import Stored, Unavailable
from tidegate.localcloud.emulated import MotoServices
from tidegate.localcloud.telemetry import Telemetry


@pytest.fixture
def grounds(tmp_path: Path) -> Grounds:
    moto = MotoServices("ap-southeast-1", "123456789012")
    return Grounds(
        state=CodeBuildState("123456789012", "ap-southeast-1"),
        stored=Stored(moto, "123456789012"),
        telemetry=Telemetry(moto, "123456789012"),
        folder=tmp_path / "codebuild",
        endpoint="http://127.0.0.1:1",
        region="ap-southeast-1",
        clock=time.time,
    )


def begun(grounds: Grounds, *commands: str) -> Build:
    listed = "".join(f"      - {command}\n" for command in commands)
    spec = f"version: 0.2\nphases:\n  build:\n    commands:\n{listed}"
    grounds.state.create(Project("tests", "arn", Source("NO_SOURCE", buildspec=spec), {}, (), "role", 1.0, 1.0))
    return grounds.state.start("tests", Overrides(timeout_minutes=5), "uuid", "me", 1.0)[0]


def phase(build: Build, kind: PhaseType) -> Phase:
    return next(one for one in build.phases if one.kind is kind)


async def test_a_build_whose_time_is_up(grounds: Grounds, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    hasty = replace(grounds, minute=0.2)
    build = begun(hasty, f"sleep 600 & echo $! >{noted}; sleep 600")
    await BuildRunner(hasty, build).run()
    ended = hasty.state.build(build.id)
    assert ended.status is Status.TIMED_OUT
    assert phase(ended, PhaseType.BUILD).status is Status.TIMED_OUT
    assert phase(ended, PhaseType.BUILD).contexts[0].code == "BUILD_TIMED_OUT"
    assert not psutil.pid_exists(int(noted.read_text()))
    assert list(grounds.folder.iterdir()) == []


async def test_what_the_cloud_cannot_do_is_a_fault(grounds: Grounds) -> None:
    grounds.folder.write_text("in the way")
    build = begun(grounds, "true")
    await BuildRunner(grounds, build).run()
    ended = grounds.state.build(build.id)
    assert (ended.status, phase(ended, PhaseType.PROVISIONING).status) == (Status.FAULT, Status.FAULT)


async def test_a_command_that_ends_the_shell_is_followed_by_another_shell(grounds: Grounds, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    build = begun(grounds, "export A=1; exit 0", f"echo $A >{seen}", "kill -9 $$")
    await BuildRunner(grounds, build).run()
    ended = grounds.state.build(build.id)
    assert seen.read_text() == "1\n"
    assert phase(ended, PhaseType.BUILD).contexts[0].message.endswith("Reason: exit status 137")


def archive(**files: tuple[str, int]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, (text, mode) in files.items():
            entry = zipfile.ZipInfo(name.replace("_", "/"))
            entry.external_attr = mode << 16
            opened.writestr(entry, text)
    return buffer.getvalue()


def test_a_source_keeps_its_modes_and_links(tmp_path: Path) -> None:
    unpack(archive(a_run=("#!/bin/sh", 0o755), a_link=("run", stat.S_IFLNK | 0o777), b=("text", 0o600)), tmp_path)
    assert (tmp_path / "a/run").stat().st_mode & 0o111
    assert (tmp_path / "a/link").read_text() == "#!/bin/sh"
    assert not (tmp_path / "b").stat().st_mode & 0o111


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        archive(**{".._out": ("text", 0o644)}),
        archive(a_link=("../../out", stat.S_IFLNK | 0o777)),
    ],
)
def test_a_source_that_leads_out_of_its_folder_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Unavailable):
        unpack(content, tmp_path / "src")
    assert not (tmp_path / "out").exists()
