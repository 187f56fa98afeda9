"""Building and pushing an image of a hundred packages: cold, with only its source changed, and unchanged.

The packages are made up, with about as many files and bytes as a usual backend's, so that nothing is downloaded and
only building is measured. The registry is that of an embedded cloud in a process of its own.
"""

import asyncio
import base64
import hashlib
import random
import tempfile
import time
import zipfile
from pathlib import Path

from benchmarks.embedded import Embedded, embedded_cloud
from benchmarks.measure import Row, milliseconds, row
from tidegate.build.image import ImageRecipe, build_image
from tidegate.build.registry import RegistryClient

PACKAGES = 100
MODULES = 60
MODULE_BYTES = 16_000
TEXTS = 80
SOURCE_FILES = 200
ROUNDS = 11

DOCKERFILE = """\
FROM public.ecr.aws/lambda/python:3.11
COPY requirements.txt ${LAMBDA_TASK_ROOT}/
RUN pip install -r ${LAMBDA_TASK_ROOT}/requirements.txt
COPY src/ ${LAMBDA_TASK_ROOT}/src/
ARG GIT_COMMIT
ENV GIT_COMMIT=${GIT_COMMIT}
CMD ["src.module0.handler"]
"""


def code(numbers: random.Random, size: int) -> str:
    """Text that compresses about as well as Python does."""
    names = ["self", "value", "return", "result", "index", "None", "request", "import", "class", "def"]
    words: list[str] = []
    length = 0
    while length < size:
        words.append(numbers.choice(names) if numbers.random() < 0.8 else f"name_{numbers.randrange(10**5)}")
        length += len(words[-1]) + 1
    return "# " + " ".join(words) + "\n"


def make_wheel(folder: Path, name: str, texts: list[str]) -> None:
    """A wheel of one package with `MODULES` modules."""
    info = f"{name}-1.0.dist-info"
    # Texts come back only far behind where a compressor looks for what it saw before.
    files = {f"{name}/m{number}.py": f"# {name} {number}\n{texts[number % TEXTS]}" for number in range(MODULES)}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record.append(f"{path},sha256={digest},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def make_source(root: Path) -> Path:
    """A product's source tree whose packages come from a folder beside it."""
    numbers = random.Random(1)
    texts = [code(numbers, MODULE_BYTES) for _ in range(TEXTS)]
    wheels, source = root / "wheels", root / "source"
    wheels.mkdir()
    (source / "src").mkdir(parents=True)
    names = [f"package{number}" for number in range(PACKAGES)]
    for name in names:
        make_wheel(wheels, name, texts)
    (source / "requirements.txt").write_text("\n".join([f"--no-index\n--find-links {wheels}", *names, ""]))
    (source / "Dockerfile").write_text(DOCKERFILE)
    for number in range(SOURCE_FILES):
        (source / f"src/module{number}.py").write_text(code(numbers, 5_000))
    return source


class Bench:
    """A source tree, and the registry that its images go to."""

    def __init__(self, root: Path, cloud: Embedded, registry: RegistryClient) -> None:
        self.source = make_source(root)
        self._root = root
        self._cloud = cloud
        self._registry = registry
        self._commits = 0

    async def build(self, repository: str, cache: str) -> float:
        """Build and push another commit; returns the seconds."""
        self._commits += 1
        commit = f"{self._commits:040x}"
        recipe = ImageRecipe("Dockerfile", ".", repository, f"t{self._commits}", {"GIT_COMMIT": commit})
        began = time.perf_counter()
        await build_image(recipe, self.source, commit, self._root / cache, self._registry, self._base)
        return time.perf_counter() - began

    async def build_changed(self, repository: str, cache: str) -> float:
        """As `build`, with one line of the source changed."""
        (self.source / "src/module0.py").write_text(f"VERSION = {self._commits}\n")
        return await self.build(repository, cache)

    def _base(self, image: str) -> str:
        return image.replace("public.ecr.aws", self._cloud.registry)


async def measured(root: Path, cloud: Embedded) -> list[Row]:
    """Build cold, for another repository, on another machine, and again and again with one line changed."""
    async with RegistryClient(f"http://{cloud.registry}", "AWS", "token") as registry:
        bench = Bench(root, cloud, registry)
        cold = await bench.build("one", "cache-one")
        pushed = await bench.build("two", "cache-one")
        elsewhere = await bench.build("one", "cache-two")
        changed = [await bench.build_changed("one", "cache-one") for _ in range(ROUNDS)]
    return [
        row(f"source-only rebuild and push, {PACKAGES} packages", "ms", milliseconds(changed), 500.0),
        row("the same, cold: packages installed, layered, pushed", "ms", [cold * 1000]),
        row("the same, into another repository", "ms", [pushed * 1000]),
        row("the same, on a machine that never built it", "ms", [elsewhere * 1000]),
    ]


def rows() -> list[Row]:
    """Build images of a hundred packages."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder, embedded_cloud(Path(folder)) as cloud:
        images = cloud.client("ecr")
        for name in ("one", "two"):
            images.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
        images.close()
        return asyncio.run(measured(Path(folder), cloud))
