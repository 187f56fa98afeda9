"""Ledgers that share what they verified and folded: spared work, and nothing seen differently."""

import pytest

from tidegate.errors import LedgerError
from tidegate.ledger.chain import EMPTY, Journal, seal
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.projection import Projection
from tidegate.ledger.recall import Recall


class Digits:
    """A codec of numbers that counts what it decodes."""

    def __init__(self) -> None:
        self.decoded = 0

    def encode(self, record: int) -> bytes:
        return b"%d" % record

    def decode(self, body: bytes, where: str) -> int:
        self.decoded += 1
        return int(body)


def add(total: int, record: int, seq: int) -> int:
    return total + record


def summed(store: MemoryStore, digits: Digits, recall: Recall | None, stream: str = "sum") -> Projection[int, int]:
    return Projection(Journal(store, recall), stream, digits, 0, add)  # type: ignore[arg-type] # a codec by its methods


@pytest.mark.parametrize(("recall", "decoded"), [(None, 6), (Recall(), 3)])
def test_a_record_is_decoded_and_folded_once_for_all_who_share_a_recall(recall: Recall | None, decoded: int) -> None:
    store, digits = MemoryStore(), Digits()
    writer, reader = (summed(store, digits, recall) for _ in range(2))
    for number in (1, 2, 3):
        writer.append(lambda _, number=number: number)  # type: ignore[misc] # bound at once
        assert reader.current() == writer.current()
    assert digits.decoded == decoded


def test_streams_and_folds_are_told_apart() -> None:
    def count(total: int, record: int, seq: int) -> int:
        return total + 1

    recall, digits, store = Recall(), Digits(), MemoryStore()
    assert summed(store, digits, recall).append(lambda _: 7) == 7
    assert summed(store, digits, recall, "other").append(lambda _: 8) == 8
    assert summed(store, digits, recall).append(lambda _: 7) == 14
    counted = Projection(Journal(store, recall), "sum", digits, 0, count)  # type: ignore[arg-type] # as above
    assert counted.current() == 2


def test_a_ledger_goes_on_from_where_another_came_to_and_appends_there_at_once() -> None:
    recall, digits, store = Recall(), Digits(), MemoryStore()
    behind, ahead = (summed(store, digits, recall) for _ in range(2))
    behind.append(lambda _: 1)
    ahead.append(lambda _: 2)
    Journal(store, recall).append("sum", b"4")
    decided_on: list[int] = []

    def decide(total: int) -> int:
        decided_on.append(total)
        return 8

    assert behind.append(decide) == 15
    assert decided_on == [7]
    assert ahead.current() == 15
    assert digits.decoded == 4


def test_a_copy_of_a_recall_knows_what_it_knew_and_adds_to_itself_alone() -> None:
    recall, store, digits = Recall(), MemoryStore(), Digits()
    summed(store, digits, recall).append(lambda _: 1)
    copied = recall.copy()
    assert summed(store, digits, copied).append(lambda _: 2) == 3
    assert digits.decoded == 2
    assert (len(recall.entries), len(copied.entries)) == (1, 2)
    assert [view for _, view in (*recall.views.values(), *copied.views.values())] == [1, 3]


@pytest.mark.parametrize("damage", ["changed", "of another stream", "out of its place", "gone"])
def test_damage_is_found_with_a_recall_too(damage: str) -> None:
    recall, store = Recall(), MemoryStore()
    journal = Journal(store, recall)
    for payload in (b"1", b"2", b"3"):
        journal.append("sum", payload)
        journal.append("other", payload)
    bodies = store.bodies["sum"]
    match damage:
        case "changed":
            bodies[2] = bodies[2].replace(b"\n2", b"\n9")
        case "of another stream":
            bodies[2] = store.bodies["other"][2]
        case "out of its place":
            bodies[2], bodies[3] = bodies[3], bodies[2]
        case _:
            del bodies[2]
    with pytest.raises(LedgerError, match="record 2"):
        Journal(store, recall).read("sum")


def test_a_record_that_follows_another_than_the_one_before_it_is_refused_though_its_bytes_are_known() -> None:
    recall, store = Recall(), MemoryStore()
    Journal(store, recall).append("sum", b"1")
    Journal(store, recall).append("sum", b"2")
    store.bodies["sum"][1] = seal("sum", EMPTY, b"8")[1]
    with pytest.raises(LedgerError, match="does not follow"):
        Journal(store, recall).read("sum")
