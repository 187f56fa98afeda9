from typing import Any

import pytest

from tidegate.config.problems import Place
from tidegate.config.source import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_VALUES, read
from tidegate.errors import ConfigError


def refusal(text: str | bytes) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        read(text if isinstance(text, bytes) else text.encode(), "t.yaml")
    assert refused.value.exit_code == 2
    return refused.value


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: text", {"a": "text"}),
        ("a: 'no'\n'on': b", {"a": "no", "on": "b"}),
        ("a: 12\nb: -3\nc: +4\nd: 0", {"a": 12, "b": -3, "c": 4, "d": 0}),
        ("a: 1.5\nb: -0.25\nc: 1.5e+3", {"a": 1.5, "b": -0.25, "c": 1500.0}),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a: ~\nb: null\nc:", {"a": None, "b": None, "c": None}),
        ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("a: !!str 12", {"a": "12"}),
        ("a: rate(1 day)\nb: cron(0 1 * * ? *)", {"a": "rate(1 day)", "b": "cron(0 1 * * ? *)"}),
        ("\ufeffa: b", {"a": "b"}),
        ("a: b\r\nc: d\r\n", {"a": "b", "c": "d"}),
        ("日本: é", {"日本": "é"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
        (
            "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}",
            {"a": {"p": 1}, "b": {"p": 2, "q": 2}, "c": {"p": 1, "q": 2}},
        ),
    ],
)
def test_reads_what_every_reader_of_yaml_reads_alike(text: str, data: Any) -> None:
    assert read(text.encode(), "t.yaml").data == data


@pytest.mark.parametrize(
    "word",
    ["no", "yes", "on", "off", "No", "OFF", "1:30", "0777", "0x1f", "1_000", "0b1", ".inf", ".nan", "2025-01-01", "="],
)
def test_a_word_that_readers_read_differently_must_be_quoted(word: str) -> None:
    error = refusal(f"a:\n  b: {word}")
    assert error.where == "t.yaml:2:6"
    assert f"'{word}'" in error.what_next
    assert read(f"a: '{word}'".encode(), "t.yaml").data == {"a": word}


@pytest.mark.parametrize("key", ["no", "on", "Yes", "1", "1.5", "~", "null", "2025-01-01", "true"])
def test_a_key_that_is_not_text_to_all_readers_must_be_quoted(key: str) -> None:
    error = refusal(f"a: b\n{key}: c")
    assert error.where == "t.yaml:2:1"
    assert error.what_next == f"quote it: '{key}'"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "1:1", "the file is empty"),
        ("# only a comment\n", "1:1", "the file is empty"),
        ("---\n", "1:1", "the file is empty"),
        ("- a\n- b", "1:1", "found a list"),
        ("hello", "1:1", "found a single value"),
        ("a: b\na: c", "2:1", "'a' is given twice; the first is on line 1"),
        ("x:\n  a: 1\n  b: 2\n  a: 3", "4:3", "'a' is given twice; the first is on line 2"),
        ("a:\n\tb: c", "2:1", "a tab"),
        ("a: b\n\tc: d", "2:1", "a tab"),
        ("a: [1, 2", "1:4", "not YAML"),
        ("a: [1, 2\n\n", "1:4", "not YAML"),
        ("a: b: c", "1:5", "not YAML"),
        ("a: 'open\n", "1:4", "not YAML"),
        ("a: *missing", "1:4", "undefined alias"),
        ("a: &x [*x]", "1:4", "contains itself"),
        ("a: &x {<<: *x}", "1:4", "contains itself"),
        ("a: {<<: [1]}", "1:10", "merges mappings"),
        ("? [a, b]\n: c", "1:3", "a key is a word"),
        ("a: !!python/object/apply:os.system [ls]", "1:4", "!!python/object/apply:os.system"),
        ("a: !!set {b}", "1:4", "!!set"),
        ("a: !custom b", "1:4", "!custom"),
        ("a: !!binary aGk=", "1:4", "!!binary"),
        ("a: b\n---\nc: d", "2:1", "not YAML"),
        ("a: b\x00", "1:5", "U+0000"),
        ("a: 'b\x1bc'", "1:6", "U+001B"),
        ("a: 'b\x80c'", "1:6", "U+0080"),
    ],
)
def test_refuses_with_line_and_column(text: str, where: str, what: str) -> None:
    error = refusal(text)
    assert error.where == f"t.yaml:{where}"
    assert what in error.what
    assert error.what_next


def test_invalid_utf8_is_placed() -> None:
    error = refusal("é: b\nname: ".encode() + b"caf\xe9\n")
    assert error.where == "t.yaml:2:10"
    assert "byte 0xe9" in error.what
    assert error.what_next == "save the file as UTF-8"
    assert refusal("a: b".encode("utf-16")).what.startswith("not UTF-8")


def test_the_offending_line_is_shown_with_a_mark_below_the_column() -> None:
    assert refusal("first: line\nx: no\nlast: line").what.splitlines()[1:] == ["  2 | x: no", "    |    ^"]


def test_a_long_line_is_cut_around_the_mark() -> None:
    shown = refusal("a: [" + "x, " * 200 + "no]").what.splitlines()
    assert len(shown[1]) < 140
    assert shown[1][shown[2].index("^")] == "n"


def test_all_problems_are_listed_first_one_first() -> None:
    error = refusal("a: no\nb: 1\nb: 2\nc: 0777")
    assert error.where == "t.yaml:1:4"
    assert "also t.yaml:3:1: 'b' is given twice" in error.what
    assert "also t.yaml:4:4: '0777'" in error.what


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (bomb(9), "aliases expand to more than"),
        ("a: &a x\nb: [" + "*a, " * (MAX_ALIASES + 1) + "]", f"more than {MAX_ALIASES} aliases"),
        ("a: " + "[" * 5000 + "]" * 5000, f"more than {MAX_DEPTH} levels"),
        ("a: " + "{b: " * 5000, f"more than {MAX_DEPTH} levels"),
        ("a: [" + "1," * MAX_VALUES + "]", f"more than {MAX_VALUES} values"),
        ("a: " + "x" * MAX_BYTES, f"more than {MAX_BYTES}"),
    ],
)
def test_a_bomb_is_refused_before_it_is_built(text: str, what: str) -> None:
    assert what in refusal(text).what


def test_every_value_and_key_has_its_place() -> None:
    document = read(b"a:\n  - x\n  - b: y\n", "t.yaml")
    assert document.place(("a",), key=True) == Place(1, 1)
    assert document.place(("a",)) == Place(2, 3)
    assert document.place(("a", 1, "b")) == Place(3, 8)
    assert document.place(("a", 1, "b"), key=True) == Place(3, 5)
    assert document.place(("a", 1, "missing")) == Place(3, 5)
    assert document.place(("missing", "too")) == Place(1, 1)


def test_a_merged_value_is_placed_where_it_is_written() -> None:
    document = read(b"a: &x {p: 1}\nb:\n  <<: *x\n", "t.yaml")
    assert document.place(("b", "p")) == Place(1, 11)


def test_what_has_no_value_is_found_except_in_expected_json() -> None:
    document = read(b"a:\nb: [~]\nexpect: {json: {c: null}}\n", "t.yaml")
    assert document.empty() == [("a",), ("b", 0)]
