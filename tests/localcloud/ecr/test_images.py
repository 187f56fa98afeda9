from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidegate.localcloud.ecr import ImageConfig, ImageNotFound, ImageNotSupported

Tar = Callable[..., bytes]
CONFIG = {"config": {"Env": ["A=1", "B=x=y"], "Cmd": ["app.handler"], "WorkingDir": "/var/task"}}


async def test_every_registry_host_means_this_one(registry: Any, tar: Tar) -> None:
    await registry.create("team/app")
    pushed = await registry.push_image("team/app", "one", [tar(("f", b"1"))], CONFIG)
    digest = pushed.headers["docker-content-digest"]
    for uri in (
        f"{registry.ecr.registry_host}/team/app:one",
        f"123456789012.dkr.ecr.ap-southeast-1.amazonaws.com/team/app@{digest}",
    ):
        image = registry.ecr.resolve(uri)
        assert image.digest == digest
        assert image.config == ImageConfig({"A": "1", "B": "x=y"}, None, ("app.handler",), "/var/task", {})
    assert registry.ecr.resolve("public.ecr.aws/lambda/python:3.11").config.env["LAMBDA_TASK_ROOT"] == "/var/task"


@pytest.mark.parametrize("uri", ["h/app:two", "h/app@sha256:" + "0" * 64, "h/nobody:x", "nonsense"])
async def test_an_unknown_image_is_not_found(registry: Any, uri: str) -> None:
    await registry.create("app")
    with pytest.raises(ImageNotFound):
        registry.ecr.resolve(uri)


async def test_layers_are_stacked_with_whiteouts(registry: Any, tar: Tar) -> None:
    lower = tar(
        ("gone", b"1"),
        ("opaque/old", b"1"),
        ("opaque/sub/old", b"1"),
        ("kept/a", b"1"),
        ("folder/in", b"1"),
        ("link", "->/nowhere"),
        ("file", b"1"),
    )
    upper = tar(
        (".wh.gone", b""),
        ("opaque/new", b"2"),
        ("opaque/.wh..wh..opq", b""),
        ("kept/b", b"2"),
        ("folder", b"2"),
        ("link/in", b"2"),
        (".wh...", b""),
        ("file", b"2"),
    )
    await registry.create("app")
    pushed = await registry.push_image("app", "one", [lower, upper])
    root = await registry.ecr.unpacked(pushed.headers["docker-content-digest"])
    found = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert found == {
        "opaque/new": b"2",
        "kept/a": b"1",
        "kept/b": b"2",
        "folder": b"2",
        "link/in": b"2",
        "file": b"2",
    }


async def test_images_share_the_files_of_a_layer_and_are_unpacked_once(registry: Any, tar: Tar) -> None:
    shared, own = tar(("big", b"x" * 1000)), tar(("own", b"1"))
    await registry.create("app")
    first = (await registry.push_image("app", "one", [shared])).headers["docker-content-digest"]
    second = (await registry.push_image("app", "two", [shared, own])).headers["docker-content-digest"]
    roots = [await registry.ecr.unpacked(digest) for digest in (first, second, first)]
    assert roots[0] == roots[2] != roots[1]
    assert (roots[0] / "big").samefile(roots[1] / "big")
    assert not (roots[0] / "own").exists()


async def test_what_lambda_would_refuse_is_refused(registry: Any, tar: Tar, tmp_path: Path) -> None:
    await registry.create("app")
    await registry.push_image("app", "config", [tar(("f", b"1"))], {"config": {"Cmd": "a string"}})
    with pytest.raises(ImageNotSupported, match="configuration"):
        registry.ecr.resolve("h/app:config")
    evil = (await registry.push_image("app", "evil", [tar(("../evil", b"1"))])).headers["docker-content-digest"]
    with pytest.raises(ImageNotSupported, match="leads out"):
        await registry.ecr.unpacked(evil)
    assert [p.name for p in (tmp_path / "cloud/ecr/images").iterdir()] == []
