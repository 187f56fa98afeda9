import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.errors import Conflict
from tidegate.ledger.chain import CONFLICTS, EMPTY, Head, Journal, seal, unseal
from tidegate.ledger.codec import ENVIRONMENTS
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.projection import Projection
from tidegate.ledger.refusals import Damaged
from tidegate.ledger.store import StoredRecord
from tidegate.model.job import JobReport, Phase
from tidegate.model.record import Unpinned

PAYLOADS = st.lists(st.binary(max_size=40), min_size=1, max_size=8)


class CountingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        self.calls.append("append")
        return super().append(stream, expected, *bodies)

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[StoredRecord]:
        self.calls.append("read")
        return super().read(stream, after, limit)

    def length(self, stream: str) -> int:
        self.calls.append("length")
        return super().length(stream)


class LateStore(MemoryStore):
    """Somebody else always appends first."""

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        other, stored = seal(stream, Journal(self).head(stream), ENVIRONMENTS.encode(Unpinned("somebody", "", 0.0)))
        assert other.seq == expected + 1
        super().append(stream, expected, stored)
        return super().append(stream, expected, *bodies)


@given(payloads=PAYLOADS)
def test_a_chain_is_a_function_of_its_payloads(payloads: list[bytes]) -> None:
    one, other = Journal(MemoryStore()), Journal(MemoryStore())
    for payload in payloads:
        one.append("stream", payload)
        other.append("stream", payload)
    entries = one.read("stream")
    assert [entry.payload for entry in entries] == payloads
    assert entries == other.read("stream")
    assert [entry.previous for entry in entries] == [EMPTY.hash, *(entry.hash for entry in entries[:-1])]
    assert len({entry.hash for entry in entries}) == len(entries)


@given(payloads=PAYLOADS, data=st.data())
def test_any_part_is_read_as_it_is_within_the_whole(payloads: list[bytes], data: st.DataObject) -> None:
    journal = Journal(MemoryStore())
    for payload in payloads:
        journal.append("stream", payload)
    after = data.draw(st.integers(0, len(payloads)))
    whole = journal.read("stream")
    assert Journal(journal.store).read("stream", after) == whole[after:]
    if after:
        assert journal.read("stream", Head(after, whole[after - 1].hash)) == whole[after:]


@given(payload=st.binary(max_size=60), data=st.data())
def test_any_flipped_byte_of_a_sealed_record_is_found(payload: bytes, data: st.DataObject) -> None:
    head = Head(6, "ab" * 32)
    entry, body = seal("run/1", head, payload)
    assert unseal("run/1", StoredRecord(7, body), head) == entry
    place = data.draw(st.integers(0, len(body) - 1))
    harmed = bytearray(body)
    harmed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Damaged):
        unseal("run/1", StoredRecord(7, bytes(harmed)), head)
    for stream, seq in (("run/2", 7), ("run/1", 8)):
        with pytest.raises(Damaged):
            unseal(stream, StoredRecord(seq, body), Head(seq - 1, head.hash))


@pytest.mark.parametrize("header", [b"", b"1", b"0 a b", b"x", b"1  ", b"99999999999999999999 " + b"a" * 64])
def test_a_header_that_is_none_is_damage(header: bytes) -> None:
    with pytest.raises(Damaged, match="header"):
        unseal("stream", StoredRecord(1, header + b"\npayload"), EMPTY)


def test_an_append_reads_nothing_once_the_stream_is_known() -> None:
    store = CountingStore()
    ledger = Ledger(store, lambda: 0.0)
    run = ledger.open_run("c", "main", None, "push").id
    store.calls.clear()
    for number in range(20):
        ledger.job_started(run, f"job-{number}")
        ledger.job_ended(run, f"job-{number}", JobReport(Phase.SUCCEEDED))
    assert store.calls == ["append"] * 40


def test_a_stream_met_for_the_first_time_costs_one_record() -> None:
    store = CountingStore()
    journal = Journal(store)
    for number in range(30):
        journal.append("stream", b"%d" % number)
    store.calls.clear()
    Journal(store).append("stream", b"next")
    assert store.calls.count("append") == 1
    assert store.calls.count("read") == 1


def test_an_append_that_always_comes_late_gives_up() -> None:
    with pytest.raises(Conflict, match="always came first"):
        Journal(LateStore()).append("stream", b"mine")


def test_giving_up_is_bounded() -> None:
    store = LateStore()
    with pytest.raises(Conflict):
        Journal(store).append("stream", b"mine")
    assert store.length("stream") == CONFLICTS
    with pytest.raises(Conflict, match="always came first"):
        Ledger(store, lambda: 0.0).pin("prod", "ada", "x")


@given(order=st.lists(st.integers(0, 2), max_size=40))
def test_writers_that_interleave_neither_lose_nor_double(order: list[int]) -> None:
    """Each writer remembers the head that it saw last, which the others make stale."""
    store = MemoryStore()
    writers = [Journal(store) for _ in range(3)]
    counters = [itertools.count() for _ in writers]
    wanted = []
    for index in order:
        payload = b"%d %d" % (index, next(counters[index]))
        writers[index].append("stream", payload)
        wanted.append(payload)
    for journal in (*writers, Journal(store)):
        assert [entry.payload for entry in journal.read("stream")] == wanted


def test_a_stream_that_shrank_or_was_replaced_behind_our_back_is_found() -> None:
    store = MemoryStore()
    journal = Journal(store)
    for number in range(3):
        journal.append("stream", b"%d" % number)
    kept = dict(store.bodies["stream"])
    del store.bodies["stream"][3]
    store.lengths["stream"] = 2
    with pytest.raises(Damaged, match="the end is missing") as found:
        journal.read("stream")
    assert found.value.seq == 3
    _, other = seal("stream", Head(2, kept[2].split(b" ")[2][:64].decode()), b"another")
    store.append("stream", 2, other)
    with pytest.raises(Damaged, match="another record stands"):
        journal.read("stream")
    assert len(Journal(store).read("stream")) == 3


def test_a_projection_folds_each_record_once_in_order_whoever_wrote_it() -> None:
    class Digits:
        def encode(self, record: int) -> bytes:
            return b"%d" % record

        def decode(self, body: bytes, where: str) -> int:
            assert where.startswith("sum record ")
            return int(body)

    store = MemoryStore()
    seen: list[tuple[int, int]] = []

    def apply(total: int, record: int, seq: int) -> int:
        seen.append((seq, record))
        return total + record

    mine = Projection(Journal(store), "sum", Digits(), 0, apply)  # type: ignore[arg-type]
    Journal(store).append("sum", b"5")
    assert mine.append(lambda total: total + 1) == 11
    Journal(store).append("sum", b"20")
    assert mine.append(lambda total: None if total == 31 else 1) == 31
    assert mine.current() == 31
    assert seen == [(1, 5), (2, 6), (3, 20)]


class _BusyStore(MemoryStore):
    """A store to which another writer appends whenever this one has looked."""

    def __init__(self) -> None:
        super().__init__()
        self.writer = Journal(_Quiet(self))

    def length(self, stream: str) -> int:
        found = super().length(stream)
        self.writer.append(stream, b"another")
        return found

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[StoredRecord]:
        found = super().read(stream, after, limit)
        self.writer.append(stream, b"another")
        return found


class _Quiet(MemoryStore):
    """The same records, read and written without being interfered with."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__()
        self.bodies = store.bodies
        self.lengths = store.lengths


def test_a_stream_that_grows_while_it_is_read_is_no_damage() -> None:
    store = _BusyStore()
    journal = Journal(store)
    store.writer.append("stream", b"first")
    head = EMPTY
    for _ in range(20):
        entries = journal.read("stream", head)
        assert entries
        head = Head(entries[-1].seq, entries[-1].hash)
