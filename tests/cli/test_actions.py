"""The workflow files, as a person writes and checks them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tidegate.actions.pins import PINS

PIPELINE = """\
product: shop
components: {backend: [src/**]}
gates:
  test: {steps: [{name: Unit tests, run: pytest}]}
  terratest: {steps: [{name: Terratest, run: go test}]}
actions:
  ledger: s3://shop-ledger
  tidegate: {requirements: tidegate.lock}
environments: {dev: {}}
"""
DEPLOY = ".github/workflows/deploy.yml"
TERRAFORM = ".github/workflows/terraform-test.yml"


@pytest.fixture
def shop(tidegate: CommandLine) -> CommandLine:
    (tidegate.repo / "tidegate.yaml").write_text(PIPELINE, encoding="utf-8")
    (tidegate.repo / "tidegate.lock").touch()
    return tidegate


def edit(shop: CommandLine, path: str, old: str, new: str) -> None:
    file = shop.repo / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def files(shop: CommandLine) -> dict[str, str]:
    folder = shop.repo / ".github" / "workflows"
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} if folder.exists() else {}


def test_what_is_written_is_as_it_should_be(shop: CommandLine) -> None:
    done = shop("actions", "write")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"wrote .github/workflows/{name}" for name in ("deploy.yml", "pr-check.yml", "terraform-test.yml")
    ]
    first = files(shop)
    assert shop("actions", "check").returncode == 0
    assert shop("actions", "write").stdout == "every workflow file is as it should be\n"
    assert files(shop) == first


def test_an_edit_by_hand_is_found_and_shown(shop: CommandLine) -> None:
    shop("actions", "write")
    edit(shop, DEPLOY, "timeout-minutes: 75", "timeout-minutes: 5")
    done = shop("actions", "check")
    assert done.returncode == 1
    line = files(shop)["deploy.yml"].splitlines().index("    timeout-minutes: 5") + 1
    assert f"{DEPLOY}:{line}: this workflow file differs" in done.stderr
    assert "-    timeout-minutes: 5\n+    timeout-minutes: 75\n" in done.stdout
    found = json.loads(shop("actions", "check", "--json").stdout)["differences"]
    assert [(one["path"], one["line"]) for one in found] == [(DEPLOY, line)]
    assert shop("actions", "write").stdout == f"wrote {DEPLOY}\n"
    assert shop("actions", "check").returncode == 0


def test_a_file_that_is_missing_or_no_longer_wanted_is_found(shop: CommandLine) -> None:
    shop("actions", "write")
    (shop.repo / DEPLOY).unlink()
    edit(shop, "tidegate.yaml", "  terratest: {steps: [{name: Terratest, run: go test}]}\n", "")
    done = shop("actions", "check")
    assert done.returncode == 1
    assert f"{DEPLOY}: this workflow file is missing; not as it should be is also {TERRAFORM}" in done.stderr
    assert done.stdout.startswith(f"{DEPLOY} is missing\n--- {TERRAFORM} (committed)")
    assert shop("actions", "write").stdout.splitlines() == [f"wrote {DEPLOY}", f"removed {TERRAFORM}"]
    assert set(files(shop)) == {"pr-check.yml", "deploy.yml"}


def test_what_somebody_wrote_is_never_written_over(shop: CommandLine) -> None:
    (shop.repo / DEPLOY).parent.mkdir(parents=True)
    (shop.repo / DEPLOY).write_text("name: ours\n", encoding="utf-8")
    (shop.repo / TERRAFORM).with_name("lint.yml").write_text("name: lint\n", encoding="utf-8")
    done = shop("actions", "write")
    assert done.returncode == 2
    assert "somebody wrote this file by hand" in done.stderr
    assert files(shop) == {"deploy.yml": "name: ours\n", "lint.yml": "name: lint\n"}
    (shop.repo / DEPLOY).unlink()
    assert shop("actions", "write").returncode == 0
    assert files(shop)["lint.yml"] == "name: lint\n"


def test_ends_of_lines_are_no_edit(shop: CommandLine) -> None:
    shop("actions", "write")
    (shop.repo / DEPLOY).write_bytes((shop.repo / DEPLOY).read_bytes().replace(b"\n", b"\r\n"))
    assert shop("actions", "check").returncode == 0


def test_bytes_that_are_no_text_are_an_edit(shop: CommandLine) -> None:
    shop("actions", "write")
    (shop.repo / DEPLOY).write_bytes((shop.repo / DEPLOY).read_bytes() + b"\xff\n")
    assert shop("actions", "check").returncode == 1


@pytest.mark.parametrize("place", [DEPLOY, ".github/workflows", ".github"])
def test_what_cannot_be_written_is_said(shop: CommandLine, place: str) -> None:
    there = shop.repo / place
    if place == DEPLOY:
        there.mkdir(parents=True)
    else:
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text("a file", encoding="utf-8")
    done = shop("actions", "write")
    assert done.returncode == 2
    assert str(Path(place).name) in done.stderr


def test_without_the_section_there_are_no_workflow_files(shop: CommandLine) -> None:
    section = PIPELINE[PIPELINE.index("actions:") : PIPELINE.index("environments:")]
    edit(shop, "tidegate.yaml", section, "")
    for command in ("write", "check"):
        done = shop("actions", command)
        assert done.returncode == 2
        assert "without the section 'actions'" in done.stderr
    assert files(shop) == {}


def test_keys_are_warned_of(shop: CommandLine) -> None:
    edit(shop, "tidegate.yaml", "  ledger:", "  credentials: keys\n  ledger:")
    done = shop("actions", "write")
    assert done.returncode == 0
    assert "warning: actions.credentials is 'keys'" in done.stderr
    done = shop("actions", "check")
    assert done.returncode == 0
    assert "warning: actions.credentials is 'keys'" in done.stderr


@pytest.mark.parametrize(
    ("supply", "missing"),
    [
        ("{requirements: absent.lock}", ["absent.lock"]),
        ("{requirements: tidegate.lock, path: tools/tidegate}", ["tools/tidegate"]),
        ("{requirements: tools/tidegate/runner.lock, path: tools/tidegate}", ["tools/tidegate"]),
        ("{requirements: absent.lock, path: tools/tidegate}", ["tools/tidegate", "absent.lock"]),
    ],
)
def test_what_runners_would_not_find_is_warned_of(shop: CommandLine, supply: str, missing: list[str]) -> None:
    edit(shop, "tidegate.yaml", "{requirements: tidegate.lock}", supply)
    done = shop("actions", "write")
    assert done.returncode == 0
    warnings, nexts = done.stderr.splitlines()[::2], done.stderr.splitlines()[1::2]
    assert [line.split(",")[0] for line in warnings] == [
        f"warning: no runner could install Tidegate: {path}" for path in missing
    ]
    assert all(line.startswith("  next: ") for line in nexts)


def test_pins_are_listed_as_they_are_used(shop: CommandLine) -> None:
    done = shop("actions", "pins")
    assert [line.split() for line in done.stdout.splitlines()] == [[pin.action, pin.commit, pin.tag] for pin in PINS]
    commit = "0123456789abcdef0123456789abcdef01234567"
    edit(shop, "tidegate.yaml", "  ledger:", f"  pins: {{actions/checkout: {commit} v9.9.9}}\n  ledger:")
    listed = json.loads(shop("actions", "pins", "--json").stdout)
    assert listed[0] == {"action": "actions/checkout", "commit": commit, "tag": "v9.9.9"}
    shop("actions", "write")
    assert f"uses: actions/checkout@{commit} # v9.9.9\n" in files(shop)["deploy.yml"]


def test_another_pipeline_file_is_named_in_every_call(shop: CommandLine) -> None:
    (shop.repo / "tidegate.yaml").rename(shop.repo / "shop.yaml")
    assert shop("--file", "shop.yaml", "actions", "write").returncode == 0
    text = files(shop)["deploy.yml"]
    assert "run: exec tidegate --file shop.yaml job detect-changes\n" in text
    assert "of shop.yaml. Do not edit" in text
