import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not on PATH")


async def skopeo(*arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        "skopeo", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return out


async def test_a_stock_client_pulls_pushes_and_inspects(registry: Any, tmp_path: Path) -> None:
    await registry.create("copied")
    host = registry.ecr.registry_host
    base, copied = f"docker://{host}/lambda/python:3.11", f"docker://{host}/copied:one"
    insecure = ("--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds=AWS:x", "--dest-creds=AWS:x")
    await skopeo("copy", *insecure, base, copied)
    await skopeo("copy", "--format=oci", *insecure, base, f"docker://{host}/copied:oci")
    await skopeo("copy", *insecure[0], insecure[2], copied, f"dir:{tmp_path / 'pulled'}")
    facts = json.loads(await skopeo("inspect", "--tls-verify=false", "--creds=AWS:x", copied))
    assert sorted(facts["RepoTags"]) == ["oci", "one"]
    assert facts["Labels"] == {"dev.tidegate.stand-in": "true"}
    original = await registry.http.head("/v2/lambda/python/manifests/3.11")
    assert facts["Digest"] == original.headers["docker-content-digest"]
