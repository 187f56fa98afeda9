"""The documentation, held against what it is about."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts" / "write_docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = _writer()


@pytest.mark.parametrize("name", list(WRITER.commands()))
def test_every_command_has_help_and_a_section(name: str) -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"### {name}\n" in page
    assert len(WRITER.help_of(name).splitlines()) > 3


def test_help_in_the_page_is_what_the_commands_say() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert WRITER.with_help(page) == page, "run `make docs`"


def test_the_cli_page_lists_every_exit_code() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    from tidegate import errors  # noqa: PLC0415

    codes = {
        one.exit_code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.Failure)
    }
    for code in codes:
        assert f"| {code} |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_commands_that_pages_show_exist() -> None:
    known = {name.split()[1] for name in WRITER.commands()}
    for page in PAGES:
        for word in re.findall(r"`tidegate ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert word in known, f"{page.name}: tidegate {word}"
