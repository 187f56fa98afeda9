"""How a version's worker is started: command line, folder and environment."""

import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tidegate.localcloud.awslambda import runtime_client
from tidegate.localcloud.awslambda.function import Version
from tidegate.localcloud.awslambda.worker import INIT_LIMIT, Launch
from tidegate.localcloud.ecr.images import ImageConfig

TASK_ROOT = "/var/task"
RUNTIME_ROOT = "/var/runtime"


class Launches:
    """Makes launches; knows what does not depend on a version.

    Args:
        libraries: Folder with what the base image has installed.
        native: Whether AWS's own runtime is in it.
        endpoint: The control plane that handlers call.
    """

    def __init__(self, *, libraries: Path, native: bool, endpoint: str, region: str) -> None:
        self._libraries = libraries
        self._native = native
        self._endpoint = endpoint
        self._region = region

    def of(self, name: str, version: Version, image: ImageConfig, rootfs: Path, stream: str) -> Launch:
        """The launch of one worker of `version`, whose image is unpacked in `rootfs`."""
        settings = version.configuration
        handler = (settings.image.command or image.cmd or ("",))[0]
        directory = settings.image.working_directory or image.working_dir or TASK_ROOT
        environment = {**image.env, **self._given(name, version, handler, stream), **settings.environment}
        environment["PYTHONPATH"] = self._search_path(environment.get("PYTHONPATH", ""), rootfs)
        environment["LD_LIBRARY_PATH"] = ":".join(_inside_all(rootfs, environment.get("LD_LIBRARY_PATH", "")))
        environment["LAMBDA_TASK_ROOT"] = str(inside(rootfs, TASK_ROOT))
        environment["LAMBDA_RUNTIME_DIR"] = str(inside(rootfs, RUNTIME_ROOT))
        limit = max(INIT_LIMIT, float(settings.timeout))
        return Launch(self._arguments(handler), inside(rootfs, directory), environment, limit)

    def _arguments(self, handler: str) -> tuple[str, ...]:
        # The interpreter of the machine without its site-packages: a handler sees the image's packages and no others.
        # Images come without compiled modules; Python leaves them beside the sources, in this image's folder alone.
        python = getattr(sys, "_base_executable", sys.executable)
        if self._native:
            return (python, "-S", "-s", "-m", "awslambdaric", handler)
        return (python, "-S", "-s", str(Path(runtime_client.__file__)), handler)

    def _search_path(self, given: str, rootfs: Path) -> str:
        folders = [str(inside(rootfs, TASK_ROOT)), str(inside(rootfs, RUNTIME_ROOT)), *_inside_all(rootfs, given)]
        return ":".join(dict.fromkeys((*folders, str(self._libraries))))

    def _given(self, name: str, version: Version, handler: str, stream: str) -> Mapping[str, str]:
        # AWS Lambda developer guide, "Defined runtime environment variables".
        return {
            "_HANDLER": handler,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": version.number,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.configuration.memory_size),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
            "AWS_ENDPOINT_URL": self._endpoint,
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
        }


def inside(rootfs: Path, path: str) -> Path:
    """Where a path of the image is on this machine; `..` does not lead out."""
    parts = [part for part in PurePosixPath(path).parts if part not in ("/", "..")]
    return rootfs.joinpath(*parts)


def _inside_all(rootfs: Path, search_path: str) -> list[str]:
    return [str(inside(rootfs, entry)) for entry in search_path.split(":") if entry.startswith("/")]
