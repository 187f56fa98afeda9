"""The other builder: `docker build` and `docker push`, for Dockerfiles that layering cannot express."""

import base64
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tidegate.build.base import STAND_IN
from tidegate.build.image import REVISION, BuiltImage, ImageRecipe
from tidegate.build.manifest import DOCKER_INDEX, OCI_INDEX
from tidegate.build.reference import is_loopback
from tidegate.build.registry import RegistryClient
from tidegate.errors import BuildError
from tidegate.model.ending import told_ending
from tidegate.process import Ended, run, without_credentials

_TAIL_LINES = 40


class DockerBuilder:
    """Drives the docker command line.

    Args:
        registry: Where the image goes.
        username: For `docker push`.
        password: For `docker push`; it is written to a folder of its own that only this user can read.
        environment: The caller's environment.
        log: Takes each line of docker's output.
    """

    def __init__(
        self,
        registry: RegistryClient,
        username: str,
        password: str,
        environment: Mapping[str, str],
        log: Callable[[str], None],
    ) -> None:
        self._registry = registry
        self._token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._environment = dict(environment)
        self._log = log

    async def build(self, recipe: ImageRecipe, source: Path, commit: str, bases: Mapping[str, str]) -> BuiltImage:
        """Build and push an image.

        Args:
            recipe: What to build.
            source: The checked-out tree of the commit.
            commit: The commit, for the image's label.
            bases: What FROM names → where it is pulled from, for those that differ.

        Raises:
            BuildError: No daemon answers, or docker fails (the tail of its output is in it).
            CloudError: The registry does not answer.
        """
        with tempfile.TemporaryDirectory(prefix="tidegate-docker-") as folder:
            environment = {**self._environment, "DOCKER_CONFIG": folder, "DOCKER_BUILDKIT": "1"}
            self._write_config(Path(folder))
            await self._require_daemon(source, environment)
            image = f"{self._registry.host}/{recipe.repository}:{recipe.tag}"
            # Lambda refuses an image index, which provenance would make of the image.
            command = ["docker", "build", "--provenance=false", "--platform=linux/amd64", "--tag", image]
            command += ["--label", f"{REVISION}={commit}", "--file", recipe.dockerfile]
            for key, value in sorted(recipe.build_args.items()):
                command += ["--build-arg", f"{key}={value}"]
            for name, place in sorted(bases.items()):
                command += ["--build-context", f"{name}=docker-image://{place}"]
            await self._docker([*command, recipe.context], source, environment)
            await self._refuse_stand_in(image, source, environment)
            await self._docker(["docker", "push", "--quiet", image], source, environment)
        stored = await self._registry.manifest(recipe.repository, recipe.tag)
        if stored is None or stored.media_type in {DOCKER_INDEX, OCI_INDEX}:
            kind = stored.media_type if stored else "nothing"
            raise BuildError(f"docker pushed {kind} as {image}, where an image was expected", where=recipe.dockerfile)
        return BuiltImage(recipe.repository, stored.digest, recipe.tag)

    def _write_config(self, folder: Path) -> None:
        """The caller's docker settings, with credentials for the one registry."""
        own = Path(self._environment.get("DOCKER_CONFIG") or Path.home() / ".docker")
        try:
            settings = json.loads((own / "config.json").read_bytes())
        except (OSError, ValueError):
            settings = {}
        if not isinstance(settings, dict):
            settings = {}
        for key in ("credsStore", "credHelpers"):
            settings.pop(key, None)
        settings["auths"] = {**settings.get("auths", {}), self._registry.host: {"auth": self._token}}
        file = folder / "config.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(settings), encoding="utf-8")
        for name in ("cli-plugins", "contexts", "buildx"):
            if (own / name).is_dir():
                (folder / name).symlink_to((own / name).resolve())

    async def _require_daemon(self, source: Path, environment: Mapping[str, str]) -> None:
        ended = await run(["docker", "version", "--format", "{{.Server.Version}}"], cwd=source, env=environment)
        if ended.code != 0:
            raise BuildError(
                f"the docker builder needs a docker daemon, and none answers: {_last(ended)}",
                what_next="start docker, or write the Dockerfile within the subset that is layered without it",
            )

    async def _docker(self, command: list[str], source: Path, environment: Mapping[str, str]) -> None:
        ended = await run(command, cwd=source, env=environment, log=self._log)
        if ended.code != 0:
            tail = "\n".join(ended.tail[-_TAIL_LINES:])
            raise BuildError(f"`{' '.join(command[:2])}` ended with {told_ending(ended.code)}:\n{tail}")

    async def _refuse_stand_in(self, image: str, source: Path, environment: Mapping[str, str]) -> None:
        if is_loopback(self._registry.host):
            return
        label = f'{{{{index .Config.Labels "{STAND_IN}"}}}}'
        ended = await run(["docker", "image", "inspect", "--format", label, image], cwd=source, env=environment)
        if ended.code != 0 or ended.tail[-1:] == ("true",):
            raise BuildError(f"{image} is built on a stand-in, or cannot be inspected; it is not pushed")


def caller_environment() -> Mapping[str, str]:
    """The environment that docker inherits: credentials stay out of it."""
    return without_credentials(os.environ)


def _last(ended: Ended) -> str:
    return ended.tail[-1] if ended.tail else f"exit code {ended.code}"
