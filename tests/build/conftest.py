import base64
import hashlib
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tidegate.build.image import BuiltImage, ImageRecipe, build_image
from tidegate.build.registry import RegistryClient
from tidegate.localcloud.ecr import EcrService
from tidegate.localcloud.ecr.state import Repository, TagMutability
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings

DOCKERFILE = """\
FROM public.ecr.aws/lambda/python:3.11
COPY requirements.txt ${LAMBDA_TASK_ROOT}/
RUN pip install -r ${LAMBDA_TASK_ROOT}/requirements.txt
COPY src/ ${LAMBDA_TASK_ROOT}/src/
ARG GIT_COMMIT=unknown
ENV GIT_COMMIT=${GIT_COMMIT}
CMD ["src.app.handler"]
"""


async def no_pause(_seconds: float) -> None:
    """Retries need not wait in tests."""


@dataclass
class Forge:
    """An embedded registry, and everything that building into it needs."""

    cloud: EmbeddedCloud
    ecr: EcrService
    registry: RegistryClient
    root: Path

    def create(self, name: str, mutability: TagMutability = TagMutability.IMMUTABLE) -> Repository:
        return self.ecr._state.add(Repository(name, datetime.now(UTC), mutability))

    def base(self, image: str) -> str:
        return image.replace("public.ecr.aws", self.ecr.registry_host)

    async def build(
        self, source: Path, tag: str = "one", cache: str = "cache", repository: str = "app", commit: str = "c0ffee"
    ) -> BuiltImage:
        recipe = ImageRecipe("Dockerfile", ".", repository, tag, {"GIT_COMMIT": commit})
        return await build_image(recipe, source, commit, self.root / cache, self.registry, self.base)

    async def files(self, digest: str) -> dict[str, bytes]:
        root = await self.ecr.unpacked(digest)
        return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture
async def forge(tmp_path: Path) -> AsyncIterator[Forge]:
    cloud = EmbeddedCloud(Settings(root=tmp_path / "cloud"))
    ecr = EcrService(cloud)
    cloud.add(ecr)
    async with cloud.running(), RegistryClient(f"http://{ecr.registry_host}", "AWS", "token", no_pause) as registry:
        yield Forge(cloud, ecr, registry, tmp_path)


def make_wheel(folder: Path, name: str, version: str = "1.0", *, script: bool = False, pure: bool = True) -> Path:
    """A wheel as pip would build it, with one module and perhaps one console script."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: {str(pure).lower()}\nTag: py3-none-any\n",
    }
    if script:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name}-run = {name}:main\n"
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


@pytest.fixture
def wheel() -> Callable[..., Path]:
    return make_wheel


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small product whose only dependency comes from a folder, so that nothing is downloaded."""
    make_wheel(tmp_path / "wheels", "greeting", script=True)
    root = tmp_path / "product"
    (root / "src").mkdir(parents=True)
    (root / "src/app.py").write_text("def handler(event, context):\n    return 'hello'\n")
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "requirements.txt").write_text(f"--no-index\n--find-links {tmp_path / 'wheels'}\ngreeting==1.0\n")
    return root
