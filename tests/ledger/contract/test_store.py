"""What every store must do; see `tidegate.ledger.store.Store`."""

import subprocess
import sys
import threading

import pytest

from tests.ledger.contract.conftest import SHARED
from tests.ledger.contract.racing import race
from tidegate.errors import Conflict
from tidegate.ledger.store import Store, StoredRecord

RACER = """
import sys
from tidegate.errors import Conflict
store = {store}
name, wanted = sys.argv[1], int(sys.argv[2])
# START
expected = won = 0
while won < wanted:
    try:
        expected = store.append("race", expected, f"{{name}} {{won}}".encode())
        won += 1
    except Conflict:
        expected = store.length("race")
store.close()
"""


def test_reads_what_was_appended_in_order(store: Store) -> None:
    bodies = [b"", b"one", bytes(range(256)), b"x" * 300_000, "ü\0\n".encode()]
    lengths = [store.append("stream", number, body) for number, body in enumerate(bodies)]
    assert lengths == [1, 2, 3, 4, 5]
    assert store.read("stream") == [StoredRecord(seq, body) for seq, body in enumerate(bodies, 1)]
    assert store.length("stream") == 5


@pytest.mark.parametrize(
    ("after", "limit", "expected"),
    [(0, None, [1, 2, 3]), (1, None, [2, 3]), (3, None, []), (9, None, []), (0, 2, [1, 2]), (2, 5, [3]), (0, 0, [])],
)
def test_reads_a_part(store: Store, after: int, limit: int | None, expected: list[int]) -> None:
    for number in range(3):
        store.append("stream", number, b"%d" % number)
    assert [record.seq for record in store.read("stream", after, limit)] == expected


def test_an_unknown_stream_is_empty(store: Store) -> None:
    assert store.read("nothing") == []
    assert store.length("nothing") == 0
    assert store.streams() == []


@pytest.mark.parametrize("expected", [0, 1, 3, 7])
def test_an_append_behind_another_length_conflicts_and_changes_nothing(store: Store, expected: int) -> None:
    store.append("stream", 0, b"a")
    store.append("stream", 1, b"b")
    with pytest.raises(Conflict) as refused:
        store.append("stream", expected, b"c")
    assert refused.value.exit_code == 4
    assert "stream" in str(refused.value)
    assert store.read("stream") == [StoredRecord(1, b"a"), StoredRecord(2, b"b")]
    assert store.append("stream", 2, b"c") == 3


def test_a_stream_does_not_begin_in_the_middle(store: Store) -> None:
    with pytest.raises(Conflict):
        store.append("stream", 1, b"a")
    assert store.streams() == []
    assert store.append("stream", 0, b"a") == 1


def test_streams_are_apart_and_listed_by_prefix(store: Store) -> None:
    for name in ("run/10", "run/2", "runs", "environment/ü %_'", "environment/prod"):
        store.append(name, 0, name.encode())
    assert store.streams() == ["environment/prod", "environment/ü %_'", "run/10", "run/2", "runs"]
    assert store.streams("run/") == ["run/10", "run/2"]
    assert store.streams("environment/") == ["environment/prod", "environment/ü %_'"]
    assert store.streams("%") == []
    assert store.read("environment/ü %_'")[0].body == "environment/ü %_'".encode()


def test_threads_share_a_store(store: Store) -> None:
    def append(name: str) -> None:
        expected = 0
        for number in range(50):
            while True:
                try:
                    expected = store.append("race", expected, f"{name} {number}".encode())
                    break
                except Conflict:
                    expected = store.length("race")

    threads = [threading.Thread(target=append, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check_race(store, "abc", 50)


@pytest.mark.parametrize("shelf", SHARED, indirect=True)
def test_processes_race_and_neither_loses_nor_doubles(store: Store, shared: str) -> None:
    race(RACER.format(store=shared), [(name, "150") for name in "abc"])
    check_race(store, "abc", 150)


def check_race(store: Store, names: str, each: int) -> None:
    records = store.read("race")
    assert [record.seq for record in records] == list(range(1, len(names) * each + 1))
    for name in names:
        own = [record.body.decode() for record in records if record.body.startswith(name.encode())]
        assert own == [f"{name} {number}" for number in range(each)]


@pytest.mark.parametrize("shelf", SHARED, indirect=True)
def test_what_was_appended_is_there_when_opened_again(store: Store, shared: str) -> None:
    store.append("stream", 0, b"kept")
    code = f"store = {shared}; print(store.read('stream')[0].body.decode()); store.close()"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "kept\n"


def test_closing_twice_is_harmless(store: Store) -> None:
    store.close()
    store.close()
