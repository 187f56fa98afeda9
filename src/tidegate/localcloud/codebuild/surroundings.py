"""What a build finds on its machine: folders, tools and variables. Nothing of another build, and nothing of ours.

Source of the variables' names: AWS CodeBuild user guide, "Environment variables in build environments".
"""

import ensurepip
import os
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.localcloud.codebuild.build import Build

# What this machine needs to reach its package indexes: builds install what they test with.
_INDEXES = ("PIP_", "UV_")
_NETWORK = frozenset(
    {"http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle"}
)
# Where Debian keeps the wheels that Python bundles elsewhere.
_DEBIAN_WHEELS = Path("/usr/share/python-wheels")


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one build, below one that is removed with it."""

    root: Path

    @property
    def source(self) -> Path:
        """CODEBUILD_SRC_DIR."""
        return self.root / "src"

    @property
    def home(self) -> Path:
        """HOME."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """TMPDIR."""
        return self.root / "tmp"

    @property
    def scratch(self) -> Path:
        """What the shell keeps for itself."""
        return self.root / "shell"

    @property
    def python(self) -> Path:
        """An interpreter of the build's own: what it installs is nobody else's."""
        return self.root / "python"

    def lay_out(self) -> None:
        """Make all of them.

        Raises:
            OSError: When the disk is full.
        """
        for folder in (self.source, self.home, self.temporary, self.scratch):
            folder.mkdir(parents=True)
        venv.create(self.python, with_pip=False, symlinks=True)
        _add_pip(self.python)


def variables(build: Build, folders: Folders, endpoint: str, region: str) -> dict[str, str]:
    """What every build of the embedded cloud finds in its environment."""
    version, source = build.project.source_version, build.project.source
    return {
        **_network(os.environ),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "CI": "true",
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_IMAGE": str(build.project.environment.get("image", "")),
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_CI": "true",
        "CODEBUILD_INITIATOR": build.initiator,
        "CODEBUILD_LOG_PATH": build.stream,
        "CODEBUILD_RESOLVED_SOURCE_VERSION": version,
        "CODEBUILD_SOURCE_REPO_URL": source.location,
        "CODEBUILD_SOURCE_VERSION": version or (f"arn:aws:s3:::{source.location}" if source.location else ""),
        "CODEBUILD_SRC_DIR": str(folders.source),
        "CODEBUILD_START_TIME": str(int(build.started * 1000)),
        "HOME": str(folders.home),
        "LANG": "C.UTF-8",
        "PATH": _path(folders),
        "TMPDIR": str(folders.temporary),
        "VIRTUAL_ENV": str(folders.python),
    }


def _network(own: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in own.items() if name.startswith(_INDEXES) or name.lower() in _NETWORK}


def _path(folders: Folders) -> str:
    """The tools of this machine behind the build's own interpreter; Tidegate's environment is not among them."""
    own = Path(sys.prefix) / "bin"
    listed = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    return os.pathsep.join([str(folders.python / "bin"), *(entry for entry in listed if Path(entry) != own)])


def _add_pip(python: Path) -> None:
    """Let the interpreter run the pip that it bundles. Installing it would take longer than most builds do."""
    bundled = [Path(ensurepip.__file__).parent / "_bundled", _DEBIAN_WHEELS]
    wheels = sorted(wheel for folder in bundled for wheel in folder.glob("pip-*.whl"))
    if not wheels:
        return
    packages = next(python.glob("lib/python*/site-packages"))
    (packages / "bundled-pip.pth").write_text(f"{wheels[-1]}\n", "utf-8")
    for name in ("pip", "pip3"):
        script = python / "bin" / name
        script.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n', "utf-8")
        script.chmod(0o755)
