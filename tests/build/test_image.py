import asyncio
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidegate.build.dockerfile import NotExpressible
from tidegate.build.image import ImageRecipe, build_image
from tidegate.build.manifest import DOCKER_MANIFEST, OCI_INDEX
from tidegate.build.registry import RegistryClient
from tidegate.errors import BuildError, CloudError


async def test_an_image_holds_base_dependencies_and_source(forge: Any, source: Path) -> None:
    forge.create("app")
    built = await forge.build(source)
    image = forge.ecr.resolve(f"h/app:{built.tag}")
    assert (built.repository, image.digest) == ("app", built.digest)
    files = await forge.files(built.digest)
    assert files["var/task/src/app.py"] == (source / "src/app.py").read_bytes()
    assert "var/lang/lib/python3.11/site-packages/greeting/__init__.py" in files
    assert image.config.cmd == ("src.app.handler",)
    assert image.config.entrypoint == ("/lambda-entrypoint.sh",)
    assert image.config.working_dir == "/var/task"
    assert image.config.env["GIT_COMMIT"] == "c0ffee"
    assert image.config.env["LAMBDA_TASK_ROOT"] == "/var/task"
    assert image.config.labels["org.opencontainers.image.revision"] == "c0ffee"
    stored = await forge.registry.manifest("app", "one")
    assert stored.media_type == DOCKER_MANIFEST


async def test_one_commit_is_one_digest_wherever_and_whenever_it_is_built(
    forge: Any, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("app", "other"):
        forge.create(name)
    first = await forge.build(source, cache="cache-one")
    moved = tmp_path / "moved/elsewhere"
    shutil.copytree(source, moved)
    for number, path in enumerate(sorted(moved.rglob("*"))):
        os.utime(path, (number * 1000, number * 1000))
    (moved / "src/__pycache__").mkdir()
    (moved / "src/__pycache__/app.pyc").write_bytes(b"from a test run")
    monkeypatch.chdir(moved)
    second = await forge.build(moved, tag="two", cache="cache-two", repository="other")
    assert first.digest == second.digest


async def test_paths_may_be_relative(forge: Any, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.create("app")
    monkeypatch.chdir(source.parent)
    recipe = ImageRecipe("Dockerfile", ".", "app", "one", {})
    built = await build_image(recipe, Path(source.name), "c", Path("near"), forge.registry, forge.base)
    assert "var/task/src/app.py" in await forge.files(built.digest)
    assert (source.parent / "near/layers").is_dir()


async def test_another_commit_or_another_mode_is_another_digest(forge: Any, source: Path) -> None:
    forge.create("app")
    digests = {(await forge.build(source)).digest, (await forge.build(source, tag="two", commit="beef")).digest}
    (source / "src/app.py").chmod(0o755)
    digests.add((await forge.build(source, tag="three")).digest)
    assert len(digests) == 3


async def test_dependencies_are_found_again_by_their_key_in_the_registry(
    forge: Any, source: Path, tmp_path: Path
) -> None:
    repository = forge.create("app")
    await forge.build(source)
    blobs = set(repository.blobs)
    # Nothing on this machine is left that could make the layer again.
    shutil.rmtree(tmp_path / "wheels")
    (source / "src/app.py").write_text("changed = True\n")
    built = await forge.build(source, tag="two", cache="another-machine")
    assert "var/lang/lib/python3.11/site-packages/greeting/__init__.py" in await forge.files(built.digest)
    # A new source layer and a new configuration: no other bytes travelled.
    assert len(set(repository.blobs) - blobs) == 2


async def test_dependencies_are_found_again_on_this_machine(forge: Any, source: Path, tmp_path: Path) -> None:
    forge.create("app")
    forge.create("other")
    await forge.build(source)
    shutil.rmtree(tmp_path / "wheels")
    first = await forge.build(source, repository="other")
    assert "var/lang/lib/python3.11/site-packages/greeting/__init__.py" in await forge.files(first.digest)


@pytest.mark.parametrize("same_size", [True, False])
async def test_a_damaged_cache_is_built_anew(forge: Any, source: Path, tmp_path: Path, same_size: bool) -> None:
    forge.create("app")
    forge.create("other")
    first = await forge.build(source)
    for file in (tmp_path / "cache/layers").iterdir():
        if not same_size or file.suffix != ".json":
            file.write_bytes(b"x" * (file.stat().st_size if same_size else 7))
    second = await forge.build(source, repository="other")
    assert first.digest == second.digest


async def test_two_images_are_built_side_by_side(forge: Any, source: Path) -> None:
    for name in ("app", "other"):
        forge.create(name)
    built = await asyncio.gather(forge.build(source), forge.build(source, repository="other"))
    assert built[0].digest == built[1].digest


async def test_files_beside_the_source_come_out_of_no_ignored_place(forge: Any, source: Path) -> None:
    forge.create("app")
    (source / ".dockerignore").write_text("src/secret*\n")
    (source / "src/secret.txt").write_text("x")
    built = await forge.build(source)
    assert "var/task/src/secret.txt" not in await forge.files(built.digest)


async def test_what_docker_does_with_env_arg_workdir_and_entrypoint(forge: Any, source: Path) -> None:
    forge.create("app")
    (source / "Dockerfile").write_text(
        "ARG BASE=3.11\nFROM public.ecr.aws/lambda/python:${BASE}\n"
        "ARG WHO=nobody\nARG UNSET\nENV A=1\nENV A=2 B=${A} C=${WHO}\n"
        "LABEL made.by=${WHO}\nWORKDIR app\nCOPY src/app.py .\n"
        'ENTRYPOINT ["/bin/run"]\n'
    )
    recipe = ImageRecipe("Dockerfile", ".", "app", "one", {"WHO": "me"})
    await build_image(recipe, source, "c", forge.root / "cache", forge.registry, forge.base)
    config = forge.ecr.resolve("h/app:one").config
    assert (config.env["A"], config.env["B"], config.env["C"]) == ("2", "1", "me")
    assert config.labels["made.by"] == "me"
    assert (config.working_dir, config.entrypoint, config.cmd) == ("/var/task/app", ("/bin/run",), None)
    assert "WHO" not in config.env


@pytest.mark.parametrize(
    ("dockerfile", "what", "where"),
    [
        ("FROM public.ecr.aws/lambda/python:3.11\nRUN make", "RUN make", "Dockerfile:2"),
        ("FROM public.ecr.aws/lambda/python:3.11\nCOPY none /x", "nothing of that name", "Dockerfile:2"),
        ("FROM public.ecr.aws/lambda/python:3.11\nENV A=$NONE", r"nothing sets \$NONE", "Dockerfile:2"),
        ("FROM public.ecr.aws/lambda/python:3.11\nRUN pip install -r r.txt", "no COPY before it", "Dockerfile:2"),
        ("FROM public.ecr.aws/lambda/python:$V", r"nothing sets \$V", "Dockerfile:1"),
    ],
)
async def test_what_layering_cannot_express(forge: Any, source: Path, dockerfile: str, what: str, where: str) -> None:
    repository = forge.create("app")
    (source / "Dockerfile").write_text(dockerfile)
    with pytest.raises(NotExpressible, match=what) as refused:
        await forge.build(source)
    assert refused.value.where == where
    assert not repository.blobs


@pytest.mark.parametrize(
    ("image", "what"),
    [
        ("public.ecr.aws/lambda/python:2.7", "does not exist"),
        ("NOT AN IMAGE", "not supported"),
        ("UPPER", "not an image name"),
    ],
)
async def test_a_base_that_cannot_be_had(forge: Any, source: Path, image: str, what: str) -> None:
    forge.create("app")
    (source / "Dockerfile").write_text(f"FROM {image}\n")
    with pytest.raises(BuildError, match=what):
        await forge.build(source)


async def test_of_an_index_the_base_for_linux_amd64_is_taken(forge: Any, source: Path) -> None:
    base, app = forge.create("base"), forge.create("app")
    (source / "Dockerfile").write_text("FROM public.ecr.aws/base:both\nCOPY src /var/task/\n")
    stored = await forge.registry.manifest("lambda/python", "3.11")
    document = json.loads(stored.content)
    for blob in (document["config"], *document["layers"]):
        await forge.registry.put_small("base", await forge.registry.blob("lambda/python", blob["digest"]))
    digest = await forge.registry.put_manifest("base", "one", stored.content, DOCKER_MANIFEST)
    entry = {"mediaType": DOCKER_MANIFEST, "digest": digest, "size": len(stored.content)}
    for architecture in ("arm64", "amd64"):
        entry["platform"] = {"os": "linux", "architecture": architecture}
        index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).encode()
        tag = "both" if architecture == "amd64" else "arm"
        await forge.registry.put_manifest("base", tag, index, OCI_INDEX)
    built = await forge.build(source)
    assert forge.ecr.resolve("h/app:one").digest == built.digest
    assert set(app.blobs) > {layer["digest"] for layer in document["layers"]}
    assert set(base.tags) == {"one", "both", "arm"}
    (source / "Dockerfile").write_text("FROM public.ecr.aws/base:arm\n")
    with pytest.raises(CloudError, match="no image for linux/amd64"):
        await forge.build(source, tag="two")


async def test_a_stand_in_goes_to_no_registry_but_this_machines(forge: Any, source: Path) -> None:
    async with RegistryClient("https://123456789012.dkr.ecr.eu-west-1.amazonaws.com", "AWS", "x") as real:
        recipe = ImageRecipe("Dockerfile", ".", "app", "one", {})

        def base(image: str) -> str:
            return f"{forge.ecr.registry_host}/lambda/python:3.11"

        # The embedded registry wants credentials, which a foreign base is not asked with.
        with pytest.raises(CloudError, match="401"):
            await build_image(recipe, source, "c", forge.root / "cache", real, base)
    # The client thinks that it pushes elsewhere, and is refused before it sends anything.
    repository = forge.create("app")
    foreign = Elsewhere(f"http://{forge.ecr.registry_host}", "AWS", "x")
    async with foreign:
        with pytest.raises(BuildError, match="stand-in"):
            await build_image(
                recipe, source, "c", forge.root / "cache", foreign, lambda _: f"{foreign.host}/lambda/python:3.11"
            )
    assert not repository.blobs


class Elsewhere(RegistryClient):
    """The embedded registry under a name that is not this machine's."""

    @property
    def host(self) -> str:
        return "registry.example.com"


@pytest.mark.parametrize(("dockerfile", "context"), [("missing", "."), ("Dockerfile", "../.."), ("/etc/hosts", ".")])
async def test_a_recipe_that_names_what_is_not_there(forge: Any, source: Path, dockerfile: str, context: str) -> None:
    recipe = ImageRecipe(dockerfile, context, "app", "one", {})
    with pytest.raises(BuildError, match=r"does not exist|leads out"):
        await build_image(recipe, source, "c", forge.root / "cache", forge.registry, forge.base)


async def test_a_repository_that_is_missing_is_told(forge: Any, source: Path) -> None:
    with pytest.raises(CloudError, match="repository with name 'app' does not exist"):
        await forge.build(source)


async def test_dependencies_that_cannot_be_installed_fail_the_build_and_keep_nothing(
    forge: Any, source: Path, tmp_path: Path, wheel: Callable[..., Path]
) -> None:
    repository = forge.create("app")
    shutil.rmtree(tmp_path / "wheels")
    wheel(tmp_path / "wheels", "other")
    with pytest.raises(BuildError, match="greeting"):
        await forge.build(source)
    assert not repository.images
    assert [p.name for p in (tmp_path / "cache/layers").iterdir() if p.suffix != ".base"] == []


EXAMPLE = Path(__file__).parents[2] / "examples/daily-report"


@pytest.mark.parametrize("dockerfile", ["Dockerfile.lambda.container", "fund_data_sync/Dockerfile"])
async def test_the_examples_dockerfiles_are_within_the_subset(forge: Any, tmp_path: Path, dockerfile: str) -> None:
    forge.create("app")
    copy = tmp_path / "example"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("node_modules", ".venv", "frontend"))
    # What it depends on is downloaded by the pipeline's own tests.
    for requirements in copy.rglob("requirements.txt"):
        requirements.write_text("")
    recipe = ImageRecipe(dockerfile, ".", "app", "one", {"GIT_COMMIT": "c0ffee"})
    built = await build_image(recipe, copy, "c0ffee", tmp_path / "cache", forge.registry, forge.base)
    image = forge.ecr.resolve("h/app:one")
    assert image.config.env["GIT_COMMIT"] == "c0ffee"
    assert image.config.cmd is not None
    module = image.config.cmd[0].rpartition(".")[0].replace(".", "/")
    assert f"var/task/{module}.py" in await forge.files(built.digest)
