import json
import os
from pathlib import Path
from typing import Any

import pytest

from tidegate.build.docker import DockerBuilder, caller_environment
from tidegate.build.image import ImageRecipe
from tidegate.build.manifest import DOCKER_MANIFEST, OCI_INDEX, docker_manifest
from tidegate.errors import BuildError

# A docker command line that writes down what it was asked, for there may be no daemon here.
FAKE = """#!/bin/sh
echo "$@" >> "$CALLS"
cp "$DOCKER_CONFIG/config.json" "$CALLS.config"
case "$1" in
version) echo 27.0; exit ${DAEMON:-0} ;;
build) echo "building"; exit ${BUILD:-0} ;;
esac
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text(FAKE)
    (tmp_path / "bin/docker").chmod(0o755)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/config.json").write_text('{"credsStore": "x", "auths": {"other": {"auth": "y"}}, "proxies": {}}')
    return {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "DOCKER_CONFIG": str(tmp_path / "own"),
    }


RECIPE = ImageRecipe("Dockerfile.x", "ctx", "app", "one", {"B": "2", "A": "1"})


def ignore(_line: str) -> None:
    return None


async def test_docker_builds_and_pushes(forge: Any, tmp_path: Path, environment: dict[str, str]) -> None:
    forge.create("app")
    config = await forge.registry.put_small("app", b"{}")
    digest = await forge.registry.put_manifest("app", "one", docker_manifest(config, 2, []), DOCKER_MANIFEST)
    builder = DockerBuilder(forge.registry, "AWS", "secret", environment, ignore)
    built = await builder.build(RECIPE, tmp_path, "c0ffee", {"base:1": "127.0.0.1:5/base:1"})
    assert (built.repository, built.digest, built.tag) == ("app", digest, "one")
    host = forge.ecr.registry_host
    calls = (tmp_path / "calls").read_text().splitlines()
    build = (
        f"build --provenance=false --platform=linux/amd64 --tag {host}/app:one "
        "--label org.opencontainers.image.revision=c0ffee --file Dockerfile.x --build-arg A=1 --build-arg B=2 "
        "--build-context base:1=docker-image://127.0.0.1:5/base:1 ctx"
    )
    assert calls[1:] == [build, f"push --quiet {host}/app:one"]
    settings = json.loads((tmp_path / "calls.config").read_text())
    assert settings == {"auths": {"other": {"auth": "y"}, host: {"auth": "QVdTOnNlY3JldA=="}}, "proxies": {}}
    assert "secret" not in "".join(calls)


async def test_no_daemon_is_a_clear_refusal(forge: Any, tmp_path: Path, environment: dict[str, str]) -> None:
    builder = DockerBuilder(forge.registry, "AWS", "x", {**environment, "DAEMON": "1"}, ignore)
    with pytest.raises(BuildError, match="needs a docker daemon, and none answers"):
        await builder.build(RECIPE, tmp_path, "c", {})


async def test_no_docker_at_all_is_a_clear_refusal(forge: Any, tmp_path: Path) -> None:
    builder = DockerBuilder(forge.registry, "AWS", "x", {"PATH": str(tmp_path)}, ignore)
    with pytest.raises(BuildError, match="docker: No such file"):
        await builder.build(RECIPE, tmp_path, "c", {})


async def test_a_failing_build_shows_its_output(forge: Any, tmp_path: Path, environment: dict[str, str]) -> None:
    builder = DockerBuilder(forge.registry, "AWS", "x", {**environment, "BUILD": "2"}, ignore)
    with pytest.raises(BuildError, match=r"`docker build` ended with exit code 2:\nbuilding"):
        await builder.build(RECIPE, tmp_path, "c", {})


async def test_an_index_is_refused(forge: Any, tmp_path: Path, environment: dict[str, str]) -> None:
    forge.create("app")
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()
    await forge.registry.put_manifest("app", "one", index, OCI_INDEX)
    builder = DockerBuilder(forge.registry, "AWS", "x", environment, ignore)
    with pytest.raises(BuildError, match="where an image was expected"):
        await builder.build(RECIPE, tmp_path, "c", {})


def test_credentials_of_aws_stay_out_of_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "x")
    assert not [key for key in caller_environment() if key.startswith("AWS_")]
