import json
from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.errors import LedgerError
from tidegate.ledger.codec import ALLOTMENTS, DURATIONS, ENVIRONMENTS, EXPECTATIONS, RELEASES, RUNS, Codec
from tidegate.model.job import Phase
from tidegate.model.record import (
    EnvironmentRecord,
    ExpectationKept,
    JobEnded,
    JobsTimed,
    Noted,
    Record,
    ReleaseAdded,
    RunAllotted,
)

TEXT = st.text(st.characters(), max_size=8)  # also lone surrogates: file names that are not UTF-8
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def values(hint: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911  # one a shape
    """Any value of a field, by its type; a type that is not listed here fails the test."""
    origin, arguments = get_origin(hint), get_args(hint)
    simple = {str: TEXT, float: NUMBER, int: st.integers(), bool: st.booleans(), object: JSON, NoneType: st.none()}
    if hint in simple:
        return simple[hint]
    if origin in {UnionType, Union}:
        return st.one_of(*map(values, arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(TEXT, values(arguments[1]), max_size=3)
    if origin is Literal:
        return st.just(arguments[0])
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.builds(hint, **{name: values(type_) for name, type_ in get_type_hints(hint).items()})


CODECS: dict[type, Codec[Any]] = {
    kind: codec
    for codec, kinds in (
        (ALLOTMENTS, (RunAllotted,)),
        (RUNS, get_args(RUNS._shape)),
        (RELEASES, (ReleaseAdded,)),
        (EXPECTATIONS, (ExpectationKept,)),
        (DURATIONS, (JobsTimed,)),
        (ENVIRONMENTS, get_args(EnvironmentRecord)),
    )
    for kind in kinds
}


def test_every_record_has_a_codec_and_a_kind_of_its_own() -> None:
    assert set(CODECS) == set(get_args(Record))
    kinds = [get_args(get_type_hints(kind)["kind"]) for kind in CODECS]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("kind", CODECS, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_a_record_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    record = data.draw(values(kind))
    body = CODECS[kind].encode(record)
    back = CODECS[kind].decode(body, "here")
    assert back == record
    assert type(back) is kind
    assert CODECS[kind].encode(back) == body
    assert b"\n" not in body


def test_the_text_is_plain_json() -> None:
    record = JobEnded("build", Phase.SUCCEEDED, 1.5, "ok", {"images": ["a"]})
    assert json.loads(RUNS.encode(record)) == {
        "job": "build",
        "phase": "succeeded",
        "at": 1.5,
        "detail": "ok",
        "outcome": {"images": ["a"]},
        "failure": {},
        "hold": 0,
        "kind": "job-ended",
    }


def test_a_field_that_came_later_has_its_default() -> None:
    body = b'{"kind":"job-ended","job":"build","phase":"failed","at":1}'
    assert RUNS.decode(body, "here") == JobEnded("build", Phase.FAILED, 1.0)


def test_a_field_of_a_later_version_is_left_out() -> None:
    body = b'{"kind":"note","job":"","text":"x","at":1.0,"colour":"red"}'
    assert RUNS.decode(body, "here") == Noted("", "x", 1.0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"kind":"from-the-future","at":1}',
        b'{"kind":"note","job":"","at":1.0}',
        b'{"kind":"note","job":{},"text":"x","at":1.0}',
        b'{"kind":"job-ended","job":"build","phase":"perplexed","at":1}',
        b'{"kind":"pinned","by":"ada","reason":"","at":1}',
        b"\xff",
        b'{"kind":"note"',
    ],
)
def test_what_is_no_record_of_the_family_is_refused(body: bytes) -> None:
    with pytest.raises(LedgerError, match="does not know this record") as refused:
        RUNS.decode(body, "run/1 record 3")
    assert refused.value.where == "run/1 record 3"
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("value", [float("inf"), float("nan"), b"x", {1}, object(), {"deep": [{"er": {2}}]}])
def test_what_json_does_not_have_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        RUNS.encode(JobEnded("build", Phase.SUCCEEDED, 1.0, outcome={"value": value}))
