"""What a runner of GitHub's reads in a job's output: our commands, and nobody else's."""

import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.cli.job_summary import cell, summary
from tidegate.cli.runner import MOST_ANNOTATIONS, annotation, annotations, literally, masks, write_outputs
from tidegate.model.job import JobReport, Phase
from tidegate.model.run import JobView, RunView
from tidegate.operations.job import JobEnd

_PIECES = (*"ab :%,;$`|&<>#[]*@\"'", "\\", "\n", "\r", "\0", "::", "::error::", "%0A", "##[", "\u2028")
NASTY = st.lists(st.sampled_from(_PIECES), max_size=20).map("".join)
"""Branch names, commit messages and what tests print."""
COMMAND = re.compile(r"^\s*::(?P<name>[a-z-]+)(?: (?P<properties>.*?))?::(?P<data>.*)$", re.DOTALL)


def commands(output: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The commands in a job's output, by the runner's own rules: stopped until the agreed word.

    Source: actions/runner, `ActionCommand.TryParseV2` and `ActionCommandManager`.
    """
    stopped = ""
    for line in re.split(r"\r\n|\r|\n", output):
        if stopped:
            stopped = "" if line.strip() == f"::{stopped}::" else stopped
            continue
        found = COMMAND.match(line)
        if found is None:
            assert "##[" not in line, "a command in the older form"
            continue
        if found["name"] == "stop-commands":
            stopped = found["data"]
            continue
        pairs = (pair.partition("=") for pair in (found["properties"] or "").split(",") if pair)
        yield found["name"], {name: _plain(value) for name, _, value in pairs}, _plain(found["data"])


def _plain(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


@given(title=NASTY, lines=st.lists(NASTY))
def test_nothing_that_a_job_says_is_a_command(title: str, lines: list[str]) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), literally(title):
        for line in lines:
            print(line)
    assert list(commands(out.getvalue())) == [("group", {}, title), ("endgroup", {}, "")]


@given(what=NASTY, where=NASTY, what_next=NASTY, title=NASTY)
def test_a_failure_is_one_annotation_that_says_what_it_says(what: str, where: str, what_next: str, title: str) -> None:
    told = list(commands(annotation({"what": what, "where": where, "what_next": what_next}, title)))
    assert [name for name, _, _ in told] == ["error"]
    _, properties, data = told[0]
    assert properties["title"] == title
    assert set(properties) <= {"title", "file", "line", "col"}
    assert what in data
    assert what_next in data


@pytest.mark.parametrize(
    ("where", "properties"),
    [
        ("tidegate.yaml@0123456789ab:12:5", {"file": "tidegate.yaml", "line": "12", "col": "5"}),
        ("tidegate.yaml:12:5", {"file": "tidegate.yaml", "line": "12", "col": "5"}),
        (".github/workflows/deploy.yml:7", {"file": ".github/workflows/deploy.yml", "line": "7"}),
        ("run 3", {}),
        ("dev", {}),
        ("process 7 on a.example:1", {}),
    ],
)
def test_a_mistake_in_a_file_is_shown_beside_its_line(where: str, properties: dict[str, str]) -> None:
    _, found, _ = next(commands(annotation({"what": "no", "where": where}, "test")))
    assert {name: value for name, value in found.items() if name != "title"} == properties


def test_every_line_of_a_secret_is_masked_and_no_empty_one() -> None:
    assert masks(("one\ntwo\n\n", "100%", "two")) == ["::add-mask::one", "::add-mask::two", "::add-mask::100%25"]


@given(values=st.dictionaries(st.sampled_from(["run", "jobs", "approved"]), NASTY))
def test_outputs_are_read_as_they_were_written(values: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "output"
        path.write_text("earlier=1\n", encoding="utf-8")
        write_outputs(path, values)
        text = path.read_bytes().decode().removeprefix("earlier=1\n")
    found: dict[str, str] = {}
    while text:
        head, _, text = text.partition("\n")
        name, _, end = head.partition("<<")
        value, _, text = text.partition(f"\n{end}\n")
        found[name] = value
    assert found == values


@given(text=NASTY)
def test_a_cell_of_the_summary_is_one_cell(text: str) -> None:
    told = cell(text)
    assert "\n" not in told
    assert "\r" not in told
    assert "<" not in told
    assert not re.search(r"(?<!\\)(\\\\)*\|", told), "a bar that ends the cell"


def test_the_summary_shows_the_whole_run() -> None:
    jobs = {
        "build": JobView("build", phase=Phase.SUCCEEDED, started=1.0, ended=3.5, detail="backend | sha256"),
        "deploy-dev": JobView("deploy-dev", phase=Phase.FAILED, detail="<b>no</b>\nmore"),
        "deploy-prod": JobView("deploy-prod", applies=False, reason="prod has it already"),
    }
    run = RunView("3", "c1", "telegram", None, "push", 0.0, phase=Phase.RUNNING, jobs=jobs)
    text = summary(JobEnd("deploy-dev", JobReport(Phase.FAILED, "no"), run, notes=("put back: x",)))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows == [
        "| job | phase | seconds | |",
        r"| build | succeeded | 2.5 | backend \| sha256 |",
        r"| deploy\-dev | failed |  | &lt;b&gt;no&lt;/b&gt; |",
        r"| deploy\-prod | pending |  | prod has it already |",
    ]
    assert "- put back: x" in text


def test_each_difference_of_a_schema_stands_beside_the_line_that_declares_it() -> None:
    differences = [
        "funds.nav: type: expected numeric(12,4), found numeric(12,2); mend: ALTER … (src/data/tables.py:21)",
        "latest: view: expected SELECT 1, found nothing",
        "and 12 more",
    ]
    what = "\n".join(["Failed: the schema is not what the code expects: 3 differences", *differences])
    told = list(commands("\n".join(annotations({"what": what, "where": "dev", "what_next": "migrate"}, "gate"))))
    assert [name for name, _, _ in told] == ["error", "error"]
    assert told[0] == ("error", {"title": "gate"}, f"dev: {what}\n  next: migrate")
    line = "funds.nav: type: expected numeric(12,4), found numeric(12,2); mend: ALTER …"
    assert told[1] == ("error", {"title": "gate", "file": "src/data/tables.py", "line": "21"}, line)
    many = "\n".join(("Failed", *(f"x{number}: y (a.py:{number})" for number in range(30))))
    assert len(annotations({"what": many, "where": ""}, "gate")) == MOST_ANNOTATIONS
    assert len(annotations({"what": "no (a.py:1)", "where": ""}, "gate")) == 1
