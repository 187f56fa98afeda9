from pathlib import Path

import pytest

from tidegate.database.migrations.history import History
from tidegate.database.migrations.refusals import HistoryError
from tidegate.database.migrations.revision import MigrationPhase, Revision

EXPAND, CONTRACT = MigrationPhase.EXPAND, MigrationPhase.CONTRACT


def revision(name: str, *down: str, labels: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> Revision:
    return Revision(name, down, needs, labels, f"versions/{name}.py", 3)


def write(folder: Path, name: str, text: str) -> None:
    path = folder / "versions" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_history_without_labels_is_all_expand_and_in_order() -> None:
    history = History.of([revision("c", "b"), revision("a"), revision("b", "a")])
    assert [(one.id, one.phase) for one in history.revisions] == [("a", EXPAND), ("b", EXPAND), ("c", EXPAND)]


def test_a_label_holds_for_all_behind_it_and_for_none_before() -> None:
    history = History.of(
        [
            revision("a"),
            revision("e", "a", labels=("expand",)),
            revision("c", "a", labels=("contract",), needs=("e",)),
            revision("d", "c"),
        ]
    )
    assert {one.id: one.phase for one in history.revisions} == {"a": EXPAND, "e": EXPAND, "c": CONTRACT, "d": CONTRACT}
    assert [one.id for one in history.revisions].index("e") < [one.id for one in history.revisions].index("c")
    assert (history.heads(EXPAND), history.heads(CONTRACT)) == (("e",), ("d",))


@pytest.mark.parametrize(
    ("revisions", "words"),
    [
        ([revision("a"), revision("b", "a"), revision("c", "a")], "the expand phase has 2 heads: b .* c"),
        ([revision("a", labels=("contract",)), revision("b", "a"), revision("c", "a")], "the contract phase has 2 hea"),
        ([revision("b", "a")], "revision b needs a, which no file declares"),
        ([revision("a", needs=("z",))], "revision a needs z, which no file declares"),
        ([revision("a", "b"), revision("b", "a")], "in a circle: a → b → a"),
        ([revision("a", "a")], "in a circle: a → a"),
        ([revision("a"), revision("a")], "revision a is in versions/a.py too"),
        (
            [revision("a", labels=("expand",)), revision("b", "a", labels=("contract",))],
            "revision b is of both phases",
        ),
    ],
)
def test_what_is_no_history_is_refused_with_its_place(revisions: list[Revision], words: str) -> None:
    with pytest.raises(HistoryError, match=words) as refused:
        History.of(revisions)
    assert refused.value.where.startswith("versions/")
    assert refused.value.where.endswith(":3")


def test_a_merge_makes_one_head_of_two() -> None:
    merged = History.of([revision("a"), revision("b", "a"), revision("c", "a"), revision("m", "b", "c")])
    assert merged.heads(EXPAND) == ("m",)


def test_files_are_read_without_being_run(tmp_path: Path) -> None:
    write(
        tmp_path,
        "expand/0001_first",
        '"""Add it.\n\nMore."""\nraise SystemExit("this must not run")\nrevision: str = "0001"\n'
        'down_revision = None\nbranch_labels = ("expand",)\nlossless = True\n'
        'accepted = {"lock.rewrites": "ten rows"}\n',
    )
    write(tmp_path, "helper", "x = 1\n")
    (one,) = History.read(tmp_path, "migrations").revisions
    assert one == Revision(
        "0001",
        labels=("expand",),
        file="migrations/versions/expand/0001_first.py",
        line=5,
        title="Add it.",
        lossless=True,
        accepted={"lock.rewrites": "ten rows"},
    )


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("revision = 'a'\ndown_revision = None\ndef upgrade(:\n", ":3", "is no Python"),
        ("import os\nrevision = os.name\n", ":2", "revision is not a plain literal"),
        ("revision = 7\n", ":1", "revision must be a text"),
        ("revision = 'a'\ndown_revision = (1,)\n", ":2", "down_revision must be a text"),
        ("revision = 'a'\naccepted = {'x': ''}\n", ":2", "the reason for each rule"),
        ("revision = 'a'\0", "", "is no Python|cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, text: str, where: str, words: str) -> None:
    write(tmp_path, "0001", text)
    with pytest.raises(HistoryError, match=words) as refused:
        History.read(tmp_path, "migrations")
    assert refused.value.where.startswith(f"migrations/versions/0001.py{where}")


def test_a_folder_without_migrations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there are no migrations"):
        History.read(tmp_path)
