import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pytest

from fund_data_sync.config import ConfigError, Names
from fund_data_sync.handler import sync
from fund_data_sync.rows import FundRow, MalformedCsvError, parse
from fund_data_sync.store import Stored

HEADER = "fund,date,nav,assets\n"
GOOD = HEADER + "K-USA-A,2025-12-05,21.5311,8467200000\nB-TECH,2025-12-05,58.7,0\n"
VARIABLES = {"FUND_BUCKET_NAME": "funds"}


class MemoryStore:
    def __init__(self) -> None:
        self.items: dict[tuple[str, dt.date], FundRow] = {}

    def put(self, rows: Sequence[FundRow]) -> Stored:
        before = len(self.items)
        self.items |= {(row.fund, row.date): row for row in rows}
        return Stored(len(rows), len(self.items) - before)


def run(event, files, qualifier="candidate"):
    store = MemoryStore()
    answer = sync(event, Names(VARIABLES, qualifier), lambda bucket, key: files[bucket, key], store)
    return answer, store


def notification(*keys):
    return {"Records": [{"s3": {"bucket": {"name": "funds"}, "object": {"key": key}}} for key in keys]}


def test_rows():
    [first, second] = parse(GOOD.encode())
    assert first == FundRow(fund="K-USA-A", date="2025-12-05", nav=Decimal("21.5311"), assets=8467200000)
    assert second.assets == 0


def test_a_byte_order_mark_and_windows_lines_are_fine():
    assert len(parse(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: columns"),
        (HEADER, "no rows"),
        ("fund,nav\nA,1\n", "line 1: columns"),
        (GOOD + "B-TECH,2025-12-06,-1,0\n", "line 4: nav"),
        (GOOD + "B-TECH,2025-12-06,many,0\n", "line 4: nav"),
        (GOOD + "B-TECH,2025-12-06,NaN,0\n", "line 4: nav"),
        (GOOD + "B-TECH,2025-13-06,1,0\n", "line 4: date"),
        (GOOD + "B-TECH,1764892800,1,0\n", "line 4: date"),
        (GOOD + "b tech,2025-12-06,1,0\n", "line 4: fund"),
        (GOOD + "B-TECH,2025-12-06,1\n", "line 4: not 4 fields"),
        (GOOD + "B-TECH,2025-12-06,1,0,9\n", "line 4: not 4 fields"),
        (GOOD + "B-TECH,2025-12-05,1,0\n", "line 4: B-TECH on 2025-12-05 is there twice"),
        (GOOD + '"B-TECH,2025-12-06,1,0\n', "line 4:"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_malformed_csv_says_where(content, message):
    with pytest.raises(MalformedCsvError, match=message):
        parse(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize(
    ("event", "qualifier", "key"),
    [
        ({"bucket": "funds", "key": "a.csv"}, "live", "a.csv"),
        ({"key": "a.csv"}, "candidate", "candidate/a.csv"),
        (notification("a+b%C3%A9.csv"), "live", "a bé.csv"),
        (notification("candidate/a.csv"), "candidate", "candidate/a.csv"),
    ],
)
def test_an_event_names_what_is_synced(event, qualifier, key):
    answer, store = run(event, {("funds", key): GOOD.encode()}, qualifier)
    schema = "public" if qualifier == "live" else "candidate"
    assert answer == {"rows": 2, "stored": 2, "new": 2, "schema": schema, "qualifier": qualifier}
    assert len(store.items) == 2


def test_one_malformed_object_keeps_them_all_from_being_written():
    files = {("funds", "candidate/a.csv"): GOOD.encode(), ("funds", "candidate/b.csv"): b"no csv"}
    store = MemoryStore()
    with pytest.raises(MalformedCsvError, match=r"s3://funds/candidate/b\.csv: line 1"):
        sync(notification("a.csv", "b.csv"), Names(VARIABLES, "candidate"), lambda *at: files[at], store)
    assert store.items == {}


def test_the_sample_is_synced_by_a_candidate_only():
    assert run({"sample": True}, {})[0] == {
        "rows": 6,
        "stored": 6,
        "new": 6,
        "schema": "candidate",
        "qualifier": "candidate",
    }
    with pytest.raises(ConfigError, match="sample"):
        run({"sample": True}, {}, "live")


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Event": "s3:TestEvent"}])
def test_an_event_that_names_nothing_is_an_error(event):
    with pytest.raises(ConfigError, match="names no object"):
        run(event, {})
