"""Damage to any byte of any record is found, named, and what is intact is offered: on every store."""

from collections.abc import Callable

import pytest

from tests.ledger.contract.conftest import Shelf
from tidegate.errors import LedgerError
from tidegate.ledger.chain import Journal
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.refusals import Damaged
from tidegate.ledger.store import Store
from tidegate.model.job import JobReport, Phase
from tidegate.model.release import Release

PAYLOADS = [b'{"kind":"one"}', b"", b"line\nline", b"four"]


@pytest.fixture
def bodies(store: Store) -> list[bytes]:
    """A stream of four records, as they are stored."""
    journal = Journal(store)
    for payload in PAYLOADS:
        journal.append("stream", payload)
    journal.append("other", b"intact")
    return [record.body for record in store.read("stream")]


def damage(store: Store) -> Damaged:
    with pytest.raises(Damaged) as found:
        Journal(store).read("stream")
    assert found.value.exit_code == 4
    assert f"stream record {found.value.seq}" in str(found.value)
    return found.value


def test_what_is_intact_is_read(store: Store, bodies: list[bytes]) -> None:
    assert [entry.payload for entry in Journal(store).read("stream")] == PAYLOADS
    assert len(set(bodies)) == 4


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_any_changed_byte_is_found_and_named(shelf: Shelf, store: Store, bodies: list[bytes], seq: int) -> None:
    body = bodies[seq - 1]
    for place in range(len(body)):
        for mask in (0x01, 0x20, 0x80):
            shelf.overwrite("stream", seq, body[:place] + bytes([body[place] ^ mask]) + body[place + 1 :])
            with pytest.raises(LedgerError) as found:
                Journal(store).read("stream")
            assert f"stream record {seq}" in str(found.value), (place, mask)
    shelf.overwrite("stream", seq, body)
    assert len(Journal(store).read("stream")) == 4


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_a_shortened_record_is_found(shelf: Shelf, store: Store, bodies: list[bytes], seq: int) -> None:
    for length in range(len(bodies[seq - 1])):
        shelf.overwrite("stream", seq, bodies[seq - 1][:length])
        assert damage(store).seq == seq


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_a_record_that_is_gone_is_found(shelf: Shelf, store: Store, bodies: list[bytes], seq: int) -> None:
    assert len(bodies) == 4
    shelf.drop("stream", seq)
    found = damage(store)
    assert (found.seq, found.last_good) == (seq, seq - 1)
    assert (f"records 1 to {seq - 1} of stream are intact" in found.what_next) == (seq > 1)


def test_a_whole_stream_that_is_gone_is_found(shelf: Shelf, store: Store, bodies: list[bytes]) -> None:
    for seq in range(1, len(bodies) + 1):
        shelf.drop("stream", seq)
    assert damage(store).seq == 1


def test_records_that_changed_places_are_found(shelf: Shelf, store: Store, bodies: list[bytes]) -> None:
    shelf.overwrite("stream", 2, bodies[2])
    shelf.overwrite("stream", 3, bodies[1])
    assert damage(store).seq == 2


def test_a_record_of_another_stream_is_found(shelf: Shelf, store: Store, bodies: list[bytes]) -> None:
    assert bodies
    shelf.drop("stream", 1)
    shelf.move("other", 1, "stream")
    assert damage(store).seq == 1


def test_a_record_of_another_history_is_found(shelf: Shelf, store: Store, bodies: list[bytes]) -> None:
    assert bodies
    other = Journal(MemoryStore())
    for payload in (b"another past", b"", b"line\nline"):
        other.append("stream", payload)
    shelf.overwrite("stream", 3, other.store.read("stream")[2].body)
    assert damage(store).seq == 3


def test_a_record_that_was_counted_by_nobody_is_found(shelf: Shelf, store: Store, bodies: list[bytes]) -> None:
    assert bodies
    shelf.count("stream", 3)
    assert damage(store).seq == 4


READINGS: dict[str, tuple[str, Callable[[Ledger], object]]] = {
    "runs": ("runs", lambda ledger: ledger.runs()),
    "open_run": ("runs", lambda ledger: ledger.open_run("c", "main", None, "push")),
    "run": ("run/1", lambda ledger: ledger.run("1")),
    "note": ("run/1", lambda ledger: ledger.note("1", "", "text")),
    "tail": ("run/1", lambda ledger: ledger.tail("1", 1)),
    "releases": ("releases", lambda ledger: ledger.releases()),
    "last_release": ("releases", lambda ledger: ledger.last_release()),
    "release": ("releases", lambda ledger: ledger.release("r1")),
    "add_release": ("releases", lambda ledger: ledger.add_release(Release("", "c", "9", 0.0))),
    "times": ("durations", lambda ledger: ledger.times("build")),
    "environment": ("environment/prod", lambda ledger: ledger.environment("prod")),
    "acquire": ("environment/prod", lambda ledger: ledger.acquire("prod", "1", "p", "", 60)),
}


@pytest.mark.parametrize("length", [0, 1, 3])
@pytest.mark.parametrize(("stream", "reading"), READINGS.values(), ids=READINGS)
def test_a_length_that_is_not_as_counted_is_found_by_every_use(
    shelf: Shelf, store: Store, stream: str, reading: Callable[[Ledger], object], length: int
) -> None:
    """Lost lengths must not look like a ledger in which nothing happened yet."""
    ledger = Ledger(store, lambda: 0.0)
    for number in range(2):
        run = ledger.open_run("c", "main", None, "push").id
        ledger.job_started(run, "build")
        ledger.job_ended(run, "build", JobReport(Phase.SUCCEEDED))
        ledger.run_ended(run, Phase.SUCCEEDED)
        ledger.add_release(Release("", "c", run, 0.0))
        ledger.pin("prod", "ada", str(number))
    true_length = store.length(stream)
    shelf.count(stream, length if length < 2 else true_length + 1)
    fresh = Ledger(store, lambda: 0.0)
    with pytest.raises(Damaged, match=stream):
        reading(fresh)
    assert store.length(stream) != true_length
    assert len(store.read(stream)) == true_length


def test_an_append_notices_that_the_end_is_not_as_written(shelf: Shelf, store: Store, bodies: list[bytes]) -> None:
    shelf.overwrite("stream", 4, bodies[3][:-1])
    with pytest.raises(Damaged, match="stream record 4"):
        Journal(store).append("stream", b"five")
    assert store.length("stream") == 4


def test_a_ledger_of_a_newer_format_is_refused(shelf: Shelf, store: Store, bodies: list[bytes]) -> None:
    shelf.overwrite("stream", 3, b"2 " + b"a" * 64 + b" " + b"b" * 64 + b"\nwhatever comes then")
    with pytest.raises(LedgerError, match="format 2") as refused:
        Journal(store).read("stream")
    assert not isinstance(refused.value, Damaged)
    assert refused.value.exit_code == 4
    assert "newer" in refused.value.what_next
    shelf.overwrite("stream", 3, b"2" + bodies[2][1:])
    assert damage(store).seq == 3


Harm = Callable[[Shelf, bytes], None]
HARMS: dict[str, Harm] = {
    "changed": lambda shelf, body: shelf.overwrite("stream", 3, body[:-1] + b"!"),
    "gone": lambda shelf, _: shelf.drop("stream", 3),
    "newer": lambda shelf, _: shelf.overwrite("stream", 3, b"7 " + b"a" * 64 + b" " + b"b" * 64 + b"\n"),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_what_is_intact_is_salvaged(shelf: Shelf, store: Store, bodies: list[bytes], harm: Harm) -> None:
    harm(shelf, bodies[2])
    ledger = Ledger(store, lambda: 0.0)
    target = MemoryStore()
    assert [failure.where for failure in ledger.verify()] == ["stream record 3"]
    assert [failure.where for failure in ledger.salvage(target)] == ["stream record 3"]
    assert [record.body for record in target.read("stream")] == bodies[:2]
    assert target.read("other") == store.read("other")
    assert Ledger(target, lambda: 0.0).verify() == []


def test_salvage_wants_an_empty_ledger(store: Store, bodies: list[bytes]) -> None:
    assert bodies
    target = MemoryStore()
    target.append("runs", 0, b"x")
    with pytest.raises(LedgerError, match="not empty"):
        Ledger(store, lambda: 0.0).salvage(target)
