"""Building and pushing an image of about a hundred packages: cold, with only its source changed, and unchanged.

Run as `python benchmarks/image_build.py`. The packages are made up, with as many files and bytes as a usual backend's,
so that nothing is downloaded and only building is measured.
"""

import asyncio
import base64
import hashlib
import random
import statistics
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from tidegate.build.image import ImageRecipe, build_image
from tidegate.build.registry import RegistryClient
from tidegate.localcloud.ecr import EcrService
from tidegate.localcloud.ecr.state import Repository, TagMutability
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings

PACKAGES = 100
MODULES = 60
MODULE_BYTES = 16_000
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


def make_wheel(folder: Path, name: str, numbers: random.Random) -> None:
    info = f"{name}-1.0.dist-info"
    files = {f"{name}/m{number}.py": code(numbers, MODULE_BYTES) for number in range(MODULES)}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record.append(f"{path},sha256={digest},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def make_source(root: Path) -> Path:
    numbers = random.Random(1)
    wheels, source = root / "wheels", root / "source"
    wheels.mkdir()
    (source / "src").mkdir(parents=True)
    names = [f"package{number}" for number in range(PACKAGES)]
    for name in names:
        make_wheel(wheels, name, numbers)
    (source / "requirements.txt").write_text("\n".join([f"--no-index\n--find-links {wheels}", *names, ""]))
    (source / "Dockerfile").write_text(DOCKERFILE)
    for number in range(SOURCE_FILES):
        (source / f"src/module{number}.py").write_text(code(numbers, 5_000))
    return source


async def measure(root: Path) -> None:
    source = make_source(root)
    cloud = EmbeddedCloud(Settings(root=root / "cloud"))
    ecr = EcrService(cloud)
    cloud.add(ecr)

    async def build(number: int, repository: str, cache: str) -> float:
        recipe = ImageRecipe("Dockerfile", ".", repository, f"t{number}", {"GIT_COMMIT": f"{number:040x}"})
        began = time.perf_counter()
        await build_image(recipe, source, f"{number:040x}", root / cache, registry, base)
        return time.perf_counter() - began

    def base(image: str) -> str:
        return image.replace("public.ecr.aws", ecr.registry_host)

    async with cloud.running(), RegistryClient(f"http://{ecr.registry_host}", "AWS", "token") as registry:
        for name in ("one", "two"):
            ecr._state.add(Repository(name, datetime.now(UTC), TagMutability.IMMUTABLE))  # noqa: SLF001
        cold = await build(0, "one", "cache-one")
        pushed = await build(0, "two", "cache-one")
        elsewhere = await build(1, "one", "cache-two")
        changed = []
        for number in range(ROUNDS):
            (source / "src/module0.py").write_text(f"VERSION = {number}\n")
            changed.append(await build(number + 2, "one", "cache-one"))
        size = sum(blob for blob in ecr._state.repository("one").blobs.values())  # noqa: SLF001
    print(f"{PACKAGES} packages, {PACKAGES * MODULES} modules, {SOURCE_FILES} source files, {size / 1e6:.0f} MB stored")
    print(f"cold (installed, layered, pushed)            {cold:7.3f} s")
    print(f"layers kept on this machine, new repository  {pushed:7.3f} s")
    print(f"dependency layer found in the registry       {elsewhere:7.3f} s")
    print(f"only source changed: median of {ROUNDS}            {statistics.median(changed):7.3f} s")
    print(f"only source changed: worst                   {max(changed):7.3f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
