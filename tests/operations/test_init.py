import json
import subprocess
from pathlib import Path

import pytest

from tidegate.config.load import load, parse
from tidegate.errors import ConfigError, SourceError
from tidegate.operations.init import first_pipeline, write_first_pipeline

BUILDS = json.dumps({"scripts": {"build": "vite build"}})


def tree(root: Path, *files: str, **texts: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in [*((name, "") for name in files), *texts.items()]:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("files", "components", "images", "site"),
    [
        pytest.param({}, ["everything"], [], None, id="empty"),
        pytest.param({"README.md": ""}, ["everything"], [], None, id="docs"),
        pytest.param({"Dockerfile": ""}, ["backend"], ["Dockerfile"], None, id="an image"),
        pytest.param({"Dockerfile.lambda": ""}, ["backend"], ["Dockerfile.lambda"], None, id="a named Dockerfile"),
        pytest.param({"web/package.json": BUILDS}, ["frontend"], [], "web", id="a site"),
        pytest.param({"frontend/twinbar/package.json": BUILDS}, ["frontend"], [], "frontend/twinbar", id="a deep site"),
        pytest.param(
            {"Dockerfile": "", "web/package.json": BUILDS}, ["backend", "frontend"], ["Dockerfile"], "web", id="both"
        ),
        pytest.param(
            {"Dockerfile: x": ""}, ["backend"], ["Dockerfile: x"], None, id="a name that YAML reads otherwise"
        ),
        pytest.param({"no/package.json": BUILDS}, ["frontend"], [], "no", id="a folder that YAML reads otherwise"),
        pytest.param({"web/package.json": '{"scripts": null}'}, ["everything"], [], None, id="no scripts"),
        pytest.param({"web/package.json": "[]"}, ["everything"], [], None, id="no object"),
        pytest.param({"web/package.json": "{}"}, ["everything"], [], None, id="a package that is not built"),
        pytest.param({"web/package.json": "no json"}, ["everything"], [], None, id="a broken package"),
        pytest.param({"web/package.json": "[]"}, ["everything"], [], None, id="a package that is a list"),
        pytest.param({"web/node_modules/package.json": BUILDS}, ["everything"], [], None, id="somebody else's package"),
        pytest.param({"my web/package.json": BUILDS}, ["frontend"], [], "my web", id="a space in the path"),
    ],
)
def test_the_first_pipeline_fits_the_repository(
    tmp_path: Path, files: dict[str, str], components: list[str], images: list[str], site: str | None
) -> None:
    pipeline = parse(first_pipeline(tree(tmp_path / "shop", **files), "main").encode(), "tidegate.yaml")
    assert list(pipeline.components) == components
    assert [image.dockerfile for image in pipeline.images.values()] == images
    assert (pipeline.site.path if pipeline.site else None) == site
    assert list(pipeline.environments) == ["dev", "staging", "prod"]
    assert (pipeline.product, pipeline.branch, pipeline.ignore) == ("shop", "main", ("docs/**",))


@pytest.mark.parametrize(
    ("folder", "product"),
    [
        ("daily-report", "daily-report"),
        ("Daily Report", "daily-report"),
        ("my_shop.v2", "my-shop-v2"),
        ("2048", "product-2048"),
        ("日報", "product"),
        ("-x-", "x"),
        ("on", "product-on"),
    ],
)
def test_a_product_is_named_after_its_folder(tmp_path: Path, folder: str, product: str) -> None:
    text = first_pipeline(tree(tmp_path / folder, "Dockerfile"), "main")
    assert parse(text.encode(), "tidegate.yaml").product == product


@pytest.mark.parametrize("branch", ["main", "release/2.0", "no", "1.0", "it's", 'a"b', "#1"])
def test_every_name_of_a_branch_survives(tmp_path: Path, branch: str) -> None:
    assert parse(first_pipeline(tree(tmp_path / "shop"), branch).encode(), "tidegate.yaml").branch == branch


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tree(tmp_path / "shop", "Dockerfile", "src/handler.py")
    git(root, "init", "--quiet", "--initial-branch=trunk")
    return root


def test_it_is_written_at_the_root_and_passes_the_check(repository: Path) -> None:
    path = write_first_pipeline(repository / "src", "tidegate.yaml")
    assert path == repository / "tidegate.yaml"
    assert load(path).branch == "trunk"


def test_one_that_is_there_is_left(repository: Path) -> None:
    (repository / "tidegate.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tidegate\.yaml is there already"):
        write_first_pipeline(repository, "tidegate.yaml")
    assert (repository / "tidegate.yaml").read_text(encoding="utf-8") == "mine"


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    with pytest.raises(SourceError, match="no working tree"):
        write_first_pipeline(tmp_path / "bare.git", "tidegate.yaml")
