"""Bad input as a person meets it: what the command line says, what it exits with, and that nothing was started."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine, git
from tidegate.config.load import parse
from tidegate.model.release import Release
from tidegate.plan.configuration import configuration_hash

GATES_ONLY = """\
product: shop
ignore: [docs/**]
components:
  everything: ["**"]
gates:
  test:
    components: [everything]
    steps: [{name: Nothing, run: "true"}]
environments:
  dev: {}
"""
"""A pipeline that needs no cloud to be planned."""

WHOLE = """\
product: shop
components:
  backend: [src/**]
  pages: [web/**]
images:
  backend: {dockerfile: Dockerfile, repository: shop, components: [backend]}
functions:
  api:
    name: shop-api-{env}
    image: backend
    handler: app.handler
    api: true
    smoke: [{get: /health, expect: {status: 200}}]
site:
  path: web
  components: [pages]
  bucket: shop-web-{env}
environments:
  dev: {}
  prod: {after: dev}
"""


def whole(old: str, new: str) -> bytes:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1).encode()


BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
).encode()

WRONG_FILES = {
    "unknown-key": (whole("product: shop", "produkt: shop"), "1:1", "unknown key 'produkt'", "did you mean 'product'"),
    "wrong-type": (whole("[src/**]", "12"), "3:12", "expected a list", ""),
    "cycle": (whole("dev: {}", "dev: {after: prod}"), "19:16", "wait for each other", ""),
    "unknown-component": (
        whole("components: [backend]", "components: [bakend]"),
        "6:68",
        "no component is called 'bakend'",
        "did you mean 'backend'",
    ),
    "unknown-artifact": (
        whole("image: backend", "image: back-end"),
        "10:12",
        "no image is called 'back-end'",
        "did you mean 'backend'",
    ),
    "lone-negated-pattern": (whole("[src/**]", "['!docs/**']"), "3:13", "a negated pattern", "'**', '!docs/**'"),
    "duplicate-key": (whole("  pages: ", "  backend: "), "4:3", "given twice; the first is on line 3", ""),
    "invalid-utf8": (b"product: sh\xf6p\n" + WHOLE.encode(), "1:12", "UTF-8", ""),
    "bomb": (BOMB, "", "", ""),
    "empty": (b"", "1:1", "the file is empty", ""),
    "not-yaml": (b"product: [shop\n", "1:10", "not YAML", ""),
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A repository whose one commit holds every wrong file."""
    folder = tmp_path_factory.mktemp("wrong")
    git(folder, "init", "--quiet", "--initial-branch=main", "repo")
    line = CommandLine(folder / "repo", folder / "home")
    for name, (content, *_) in WRONG_FILES.items():
        (line.repo / f"{name}.yaml").write_bytes(content)
    line.commit()
    return line


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_is_told_by_place_and_nothing_is_started(wrong: CommandLine, name: str) -> None:
    _, place, what, what_next = WRONG_FILES[name]
    done = wrong("--file", f"{name}.yaml", "run")
    assert done.returncode == 2, done.stderr
    first = done.stderr.splitlines()[0]
    assert first.startswith(f"tidegate: {name}.yaml@"), done.stderr
    assert f":{place}" in first
    assert what in done.stderr
    assert what_next in done.stderr
    assert done.stderr.count("tidegate: ") == 1, "one message tells it all"
    assert done.stdout == ""
    assert wrong.started_nothing()


def test_check_tells_the_same_of_the_working_tree(tidegate: CommandLine) -> None:
    file = tidegate.repo / "tidegate.yaml"
    file.write_bytes(whole("image: backend", "image: bakend"))
    done = tidegate("check")
    assert done.returncode == 2
    assert f"{file}:10:12: no image is called 'bakend'" in done.stderr
    assert "did you mean 'backend'" in done.stderr


def test_a_commit_without_the_file(tidegate: CommandLine) -> None:
    commit = tidegate.commit(readme="nothing else")
    done = tidegate("run")
    assert done.returncode == 2
    assert f"commit {commit[:12]} has no tidegate.yaml" in done.stderr
    assert "tidegate init" in done.stderr
    assert tidegate.started_nothing()


@pytest.mark.parametrize("verb", [("run",), ("plan",), ("init",)], ids=lambda verb: verb[0])
def test_not_a_git_repository(tmp_path: Path, verb: tuple[str, ...]) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    line = CommandLine(folder, tmp_path / "home", {"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    done = line(*verb)
    assert done.returncode == 2
    assert "not a git repository" in done.stderr
    assert "git init" in done.stderr
    assert line.started_nothing()


def test_no_such_folder(tmp_path: Path) -> None:
    done = CommandLine(tmp_path / "absent", tmp_path / "home")("run")
    assert done.returncode == 2
    assert "no such folder" in done.stderr


def test_an_unborn_branch(tidegate: CommandLine) -> None:
    (tidegate.repo / "tidegate.yaml").write_text(GATES_ONLY)
    done = tidegate("run")
    assert done.returncode == 2
    assert "nothing has been committed yet on branch 'main'" in done.stderr
    assert "commit first" in done.stderr
    assert tidegate.started_nothing()


def test_an_unknown_commit(tidegate: CommandLine) -> None:
    tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    done = tidegate("run", "--commit", "mian")
    assert done.returncode == 2
    assert "mian" in done.stderr
    assert "main" in done.stderr, "the nearest name"
    assert tidegate.started_nothing()


def test_a_detached_head_is_planned_by_its_commit(tidegate: CommandLine) -> None:
    first = tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    tidegate.commit(later="later")
    git(tidegate.repo, "checkout", "--quiet", "--detach", first)
    done = tidegate("plan")
    assert done.returncode == 0, done.stderr
    assert f"commit {first[:12]}: 1 files and no release yet" in done.stdout


def test_a_branch_that_is_not_released(tidegate: CommandLine) -> None:
    tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    git(tidegate.repo, "checkout", "--quiet", "-b", "feature")
    done = tidegate("run")
    assert done.returncode == 2
    assert "branch feature is not released: the pipeline's branch is main" in done.stderr
    assert tidegate.started_nothing()


def test_a_shallow_clone_without_the_base(tidegate: CommandLine, tmp_path: Path) -> None:
    base = tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    tidegate.commit(later="later")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{tidegate.repo}", "shallow")
    shallow = CommandLine(tmp_path / "shallow", tidegate.home)
    with shallow.project.ledger() as ledger:
        ledger.add_release(Release(id="", commit=base, run="1", created=0.0))
    done = shallow("run")
    assert done.returncode == 2
    assert "shallow clone has no commit" in done.stderr
    assert "git fetch --unshallow" in done.stderr
    assert shallow.started_nothing()


STRANGE_NAMES = [
    b"with space.txt",
    b'it\'s "quoted".txt',
    b"line\nbreak.txt",
    b"tab\there.txt",
    b"\xff\xfe.txt",
    "日本.txt".encode(),
    b"back\\slash.txt",
    b"-dash.txt",
]


@pytest.fixture
def strange(tidegate: CommandLine) -> CommandLine:
    for folder in (tidegate.repo, tidegate.repo / "docs"):
        folder.mkdir(exist_ok=True)
        for name in STRANGE_NAMES:
            (folder / os.fsdecode(name)).write_text("content\n")
    tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    return tidegate


@pytest.mark.skipif(sys.platform == "darwin", reason="HFS+ and APFS take no names that are not UTF-8")
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_strange_file_names_are_planned(strange: CommandLine, options: tuple[str, ...]) -> None:
    done = strange("plan", *options)
    assert done.returncode == 0, done.stderr
    assert "everything" in done.stdout
    done.stdout.encode("utf-8")  # raises if a byte came through that is no text
    if options:
        files = {os.fsencode(file) for file in json.loads(done.stdout)["changes"]["files"]}
        assert files == {b"tidegate.yaml", *STRANGE_NAMES, *(b"docs/" + name for name in STRANGE_NAMES)}


def test_strange_file_names_are_told_when_they_alone_changed(strange: CommandLine) -> None:
    base = git(strange.repo, "rev-parse", "HEAD")
    with strange.project.ledger() as ledger:
        configuration = configuration_hash(parse(GATES_ONLY.encode(), "tidegate.yaml"))
        ledger.add_release(Release(id="", commit=base, run="1", created=0.0, configuration=configuration))
    for name in STRANGE_NAMES:
        (strange.repo / "docs" / os.fsdecode(name)).write_text("changed\n")
    strange.commit()
    done = strange("run")
    assert done.returncode == 0, done.stderr
    assert "only ignored files changed" in done.stdout
    assert "docs/**" in done.stdout
    done.stdout.encode("utf-8")
    assert done.stdout.count("\n") == 1, "a newline in a name is not printed as one"
    assert "only ignored files changed" in strange("history").stdout
    assert strange("history", "--json").returncode == 0


def test_a_submodule_is_refused_before_anything_is_started(tidegate: CommandLine, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "other")
    CommandLine(tmp_path / "other", tmp_path).commit(file="content")
    git(tidegate.repo, "submodule", "--quiet", "add", f"file://{tmp_path / 'other'}", "vendored")
    tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    done = tidegate("run")
    assert done.returncode == 2
    assert "holds a submodule, 'vendored'" in done.stderr
    assert "subtree" in done.stderr
    assert tidegate.started_nothing()


def test_symlinks_are_files_of_their_own(tidegate: CommandLine) -> None:
    (tidegate.repo / "dangling").symlink_to("nowhere")
    (tidegate.repo / "outside").symlink_to("/etc/hostname")
    (tidegate.repo / "circle").symlink_to("circle")
    tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    done = tidegate("plan")
    assert done.returncode == 0, done.stderr
    assert "4 files" in done.stdout


def test_the_embedded_cloud_is_not_up(tidegate: CommandLine) -> None:
    tidegate.commit(**{"tidegate.yaml": WHOLE})
    done = tidegate("run")
    assert done.returncode == 2
    assert tidegate.started_nothing()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("resume",), "no run has been started yet"),
        (("resume", "7"), "7"),
        (("status", "7"), "7"),
        (("logs", "--job", "build"), "no run has been started yet"),
        (("logs",), "give --job NAME"),
        (("rollback", "prod"), "no release was live in prod"),
        (("rollback", "prod", "--to", "r9"), "r9 never was live in prod"),
        (("rnu",), "rnu"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_told(tidegate: CommandLine, arguments: tuple[str, ...], what: str) -> None:
    tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    done = tidegate(*arguments)
    assert done.returncode == 2, done.stderr
    assert what in done.stderr
    assert tidegate.started_nothing()


def test_a_damaged_ledger_is_told_and_left_alone(tidegate: CommandLine) -> None:
    tidegate.commit(**{"tidegate.yaml": GATES_ONLY})
    tidegate.home.mkdir()
    ledger = tidegate.home / "ledger.db"
    ledger.write_bytes(b"no database at all" * 100)
    done = tidegate("status")
    assert done.returncode == 4, done.stderr
    assert "ledger" in done.stderr
    assert ledger.read_bytes() == b"no database at all" * 100
