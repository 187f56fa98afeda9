"""Products that cannot be released: the job fails with the cause shown, and the environment is untouched."""

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.lighter import WITHOUT_SKEW, lighter
from tests.pipeline.observe import Serving, endpoint_of, observe
from tests.pipeline.product import Product, applied, explain, phases, product_on_stage
from tests.pipeline.trail import trail_of
from tidegate.model.job import Phase

pytestmark = pytest.mark.pipeline

GATE = """\
      - name: Unit tests
        run: pytest tests/shared/test_names.py -m "not integration and not smoke and not e2e"
"""
DOCKERFILE = "Dockerfile.lambda.container"
PAGE = "frontend/twinbar/src/main.tsx"
SPACE = 1 << 16
"""Bytes of a disk that is full."""
STRANGE_NAMES = ("with space.txt", 'it\'s "quoted".txt', "line\nbreak.txt", os.fsdecode(b"\xff\xfe.txt"), "日本.txt")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    change = lighter(WITHOUT_SKEW, (GATE, ""), environments="  dev: {github: development}\n")
    with product_on_stage(tmp_path_factory.mktemp("bad"), shared_cache, change) as one:
        yield one


@pytest.fixture(scope="module")
def served(product: Product) -> Serving:
    """What dev serves, and must go on serving."""
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    return observe(product, "dev")


def test_a_missing_test_distribution_is_told_before_anything_starts(
    product: Product, served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = product.home.environment("dev")
    text = settings.read_text()
    settings.write_text("".join(line for line in text.splitlines(keepends=True) if "TEST_DISTRIBUTION" not in line))
    product.write("src/changed.py", "# something to release\n")
    product.commit("Something to release")
    before = product.newest()
    with trail_of(endpoint_of(product)) as trail:
        monkeypatch.setenv("TIDEGATE_CLOUD", trail.endpoint)
        product.push_quietly()
        done = product.tidegate("run", "--commit", "telegram", "--branch", "telegram")
    settings.write_text(text)
    assert done.returncode == 2, done.stderr
    assert "CLOUDFRONT_TEST_DISTRIBUTION_ID is not set" in done.stderr
    assert "nothing can be tested before users see it" in done.stderr
    assert "Traceback" not in done.stderr
    assert product.newest() == before, "no run was opened"
    assert trail.changes() == []
    assert observe(product, "dev") == served


def test_a_push_of_a_wrong_pipeline_file_says_so_and_starts_nothing(product: Product, served: Serving) -> None:
    before = product.newest()
    text = (product.work / "tidegate.yaml").read_text()
    product.replace("tidegate.yaml", "components: [fund-data-sync,", "components: [fund-data-snyc,")
    product.commit("Misspell a component")
    pushed = subprocess.run(
        ["git", "push", "--quiet", "origin", "telegram"], cwd=product.work, capture_output=True, text=True, check=False
    )
    product.write("tidegate.yaml", text)
    assert "no component is called 'fund-data-snyc'" in pushed.stderr
    assert "did you mean 'fund-data-sync'?" in pushed.stderr
    assert "Traceback" not in pushed.stderr
    assert product.newest() == before
    assert observe(product, "dev") == served


def test_builds_that_fail_show_the_cause(product: Product, served: Serving) -> None:
    """An image whose Dockerfile layering cannot express, and a site that does not compile."""
    dockerfile = (product.work / DOCKERFILE).read_text()
    page = (product.work / PAGE).read_text()
    line = dockerfile.splitlines().index("COPY src/ ${LAMBDA_TASK_ROOT}/src/") + 1
    product.replace(DOCKERFILE, "COPY src/", "RUN dnf install -y git\nCOPY src/")
    product.replace(PAGE, "createRoot(", "this is no TypeScript (")
    product.commit("Break both builds")
    run = product.push()
    product.write(DOCKERFILE, dockerfile)
    product.write(PAGE, page)
    assert run.phase is Phase.FAILED
    image, site = run.jobs["build"], run.jobs["build-frontend"]
    assert (image.phase, site.phase) == (Phase.FAILED, Phase.FAILED), explain(product, run)
    assert image.failure["where"] == f"{DOCKERFILE}:{line}"
    assert "dnf" in image.failure["what"]
    assert "`builder: docker`" in image.failure["what_next"]
    assert "main.tsx" in site.failure["what"] + site.failure["what_next"], site.failure
    assert phases(run)["deploy-dev"] == phases(run)["deploy-dev-frontend"] == "blocked"
    said = product.home.log(run.id, "run").read_text()
    assert f"{DOCKERFILE}:{line}" in said
    assert "Traceback" not in said
    assert observe(product, "dev") == served


def test_a_handler_that_does_not_import_shows_the_import_error(product: Product, served: Serving) -> None:
    handler = (product.work / "src/api/handler.py").read_text()
    product.write("src/api/handler.py", "import nothing_of_that_name\n" + handler)
    product.commit("Import what is not there")
    run = product.push()
    product.write("src/api/handler.py", handler)
    assert run.phase is Phase.FAILED
    failed = run.jobs["deploy-dev"]
    assert failed.phase is Phase.FAILED, explain(product, run)
    assert "No module named 'nothing_of_that_name'" in failed.failure["what"], failed.failure
    assert "Traceback" not in failed.failure["what"]
    found = observe(product, "dev")
    assert (found.commit, found.page, found.functions) == (served.commit, served.page, served.functions)


def test_a_full_disk_is_told_and_a_resume_with_space_goes_on(product: Product, served: Serving) -> None:
    """The commit holds file names of every kind and symbolic links: with space, it goes live as any other."""
    for name in STRANGE_NAMES:
        (product.work / "src" / name).write_text("a file\n")
    (product.work / "src" / "link.py").symlink_to("config.py")
    (product.work / "src" / "dangling").symlink_to("nowhere")
    (product.work / "src" / "large.bin").write_bytes(random.Random(1).randbytes(4 * SPACE))
    commit = product.commit("Names of every kind")
    with _cache_without_space(product):
        run = product.push()
    assert run.phase is Phase.FAILED
    failed = run.jobs["build"]
    assert failed.phase is Phase.FAILED, explain(product, run)
    assert "no space left on the disk" in failed.failure["what"].lower(), failed.failure
    assert failed.failure["what_next"]
    before = observe(product, "dev")
    assert (before.commit, before.page, before.functions) == (served.commit, served.page, served.functions)
    done = product.tidegate("resume", run.id)
    assert done.returncode == 0, done.stderr
    resumed = product.run(run.id)
    assert applied(resumed) >= {"build", "deploy-dev", "promote-dev"}
    assert observe(product, "dev").commit == commit


@contextlib.contextmanager
def _cache_without_space(product: Product) -> Iterator[None]:
    cache = product.home.cache
    kept = cache.readlink()
    cache.unlink()
    cache.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SPACE}", "tidegate-test", str(cache)], capture_output=True, check=False
    )
    try:
        if mounted.returncode != 0:
            pytest.skip("a small file system can be mounted by root alone")
        (cache / "python").symlink_to(
            kept / "python"
        )  # what gates run on is there: it is the builds that find no space
        yield
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(cache)], check=True)
        shutil.rmtree(cache)
        cache.symlink_to(kept)
