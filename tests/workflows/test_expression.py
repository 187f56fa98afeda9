"""Expressions, rule by rule; examples of docs.github.com where it has one."""

import math

import pytest

from tests.workflows.expression import BadExpressionError, Scope, Status, condition, parsed, template
from tests.workflows.values import Value, equal, truthy, value_of

PAGE = "https://docs.github.com/en/actions/reference/workflows-and-actions/expressions"

CONTEXTS: dict[str, Value] = {
    "github": {"event_name": "push", "ref": "refs/heads/telegram", "labels": [{"name": "bug"}, {"name": "Help"}, {}]},
    "needs": {
        "detect-changes": {"result": "success", "outputs": {"jobs": '["test", "deploy-dev"]', "run": "7"}},
        "test": {"result": "skipped", "outputs": {}},
    },
    "fruits": [{"name": "apple"}, {"name": "orange"}, {"name": "pear"}],
    "vegetables": {"a": {"parts": ["x", "y"]}, "b": {"parts": ["z"]}},
}


def value(source: str, status: Status | None = None) -> Value:
    return parsed(source).evaluate(Scope(CONTEXTS, status or Status()))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("null", None),
        ("false", False),
        ("711", 711.0),
        ("-9.2", -9.2),
        ("0xff", 255.0),
        ("0o17", 15.0),
        ("-2.99e-2", -0.0299),
        ("'It''s open source!'", "It's open source!"),
    ],
)
def test_literals(source: str, expected: Value) -> None:
    """Source: PAGE#literals."""
    assert value(source) == expected


@pytest.mark.parametrize(
    "source", ['"double"', "'open", "a b", "", "(true", "true)", "github.", "1 ==", "github[1", "@"]
)
def test_what_github_would_refuse_is_refused(source: str) -> None:
    """Source: PAGE#literals: double quotes throw an error; the rest is no expression."""
    with pytest.raises(BadExpressionError):
        parsed(source)


@pytest.mark.parametrize("source", ["hashFiles('a')", "case(true, 1, 2)", "success('test')", "contains('a')", "join()"])
def test_what_is_not_simulated_is_refused_rather_than_guessed(source: str) -> None:
    with pytest.raises(BadExpressionError):
        parsed(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("!true == false", True),
        ("!(true == false)", True),
        ("1 < 2 == true", True),
        ("!!'a'", True),
        ("'a' && 'b'", "b"),
        ("'' && 'b'", ""),
        ("'' || 'b'", "b"),
        ("'a' || 'b'", "a"),
        ("false || 0", 0.0),
    ],
)
def test_operators(source: str, expected: Value) -> None:
    """Source: PAGE#operators; `&&` and `||` give the value, as its examples of fallback values show."""
    assert value(source) == expected


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("'Push'", "'push'", True),
        ("1", "'1'", True),
        ("1", "'1.0'", True),
        ("1", "' 1 '", True),
        ("15", "'0xf'", True),
        ("true", "1", True),
        ("true", "'true'", False),
        ("true", "'1'", True),
        ("null", "''", True),
        ("null", "0", True),
        ("null", "false", True),
        ("null", "'a'", False),
        ("'a'", "'b'", False),
        ("'a'", "0", False),
        ("github", "github", True),
        ("fromJSON('[]')", "fromJSON('[]')", False),
        ("fromJSON('[]')", "''", False),
        ("fromJSON('{}')", "null", False),
    ],
)
def test_loose_equality(left: str, right: str, same: bool) -> None:
    """Source: PAGE#operators: the types become numbers, case is ignored, objects equal only themselves."""
    assert value(f"{left} == {right}") is same
    assert value(f"{right} == {left}") is same
    assert value(f"{left} != {right}") is not same


def test_not_a_number_equals_nothing_and_is_neither_less_nor_more() -> None:
    """Source: PAGE#operators: with NaN as an operand of a relational comparison the result is always false."""
    assert not equal(math.nan, math.nan)
    for mark in ("<", "<=", ">", ">="):
        assert value(f"'a' {mark} 1") is False
        assert value(f"github {mark} 1") is False


@pytest.mark.parametrize(
    ("source", "expected"), [("1 < 2", True), ("'b' > 'A'", True), ("2 <= '2'", True), ("false < true", True)]
)
def test_order(source: str, expected: bool) -> None:
    """Source: PAGE#operators."""
    assert value(source) is expected


@pytest.mark.parametrize(
    ("plain", "expected"),
    [(None, False), (0, False), (-0.0, False), ("", False), (math.nan, False), ("false", True), ([], True), ({}, True)],
)
def test_truth(plain: object, expected: bool) -> None:
    """Source: PAGE#literals; for NaN and collections `EvaluationResult.IsFalsy` of actions/runner."""
    assert truthy(value_of(plain)) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("github.event_name", "push"),
        ("GitHub.EVENT_NAME", "push"),
        ("github['event_name']", "push"),
        ("needs.detect-changes.result", "success"),
        ("needs.nobody.result", None),
        ("needs.test.outputs.run", None),
        ("github.event_name.deeper", None),
        ("fruits[1].name", "orange"),
        ("fruits[-1]", None),
        ("fruits[9]", None),
        ("fruits['1'].name", "orange"),
        ("fruits.*.name", ["apple", "orange", "pear"]),
        ("github.labels.*.name", ["bug", "Help"]),
        ("vegetables.*.parts", [["x", "y"], ["z"]]),
        ("vegetables.*.parts.*", ["x", "y", "z"]),
        ("vegetables.*.parts[0]", ["x", "z"]),
        ("needs.*.result", ["success", "skipped"]),
        ("github.event_name.*", []),
    ],
)
def test_properties_indexes_and_filters(source: str, expected: Value) -> None:
    """Source: PAGE#object-filters, and `Index` of actions/runner for what is not there."""
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("contains('Hello world', 'LLO')", True),
        ("contains(github.labels.*.name, 'help')", True),
        ('contains(fromJSON(\'["push", "pull_request"]\'), github.event_name)', True),
        ("contains(fromJSON('[\"deploy-dev-frontend\"]'), 'deploy-dev')", False),
        ("contains(fromJSON(needs.detect-changes.outputs.jobs), 'deploy-dev')", True),
        ("contains(needs.*.result, 'failure')", False),
        ("contains(needs, 'success')", False),
        ("contains(null, '')", True),
        ("startsWith('Hello world', 'he')", True),
        ("endsWith('Hello world', 'LD')", True),
        ("startsWith(needs, '')", False),
        ("format('Hello {0} {1} {2}', 'Mona', 'the', 'Octocat')", "Hello Mona the Octocat"),
        ("format('{{Hello {0}!}}', 'Mona')", "{Hello Mona!}"),
        ("format('{0} {0}', 1)", "1 1"),
        ("join(fruits.*.name, ', ')", "apple, orange, pear"),
        ("join(fruits.*.name)", "apple,orange,pear"),
        ("join('one')", "one"),
        ("toJSON(fromJSON('{\"a\": [1, true, null]}'))", '{\n  "a": [\n    1,\n    true,\n    null\n  ]\n}'),
        ("fromJSON('1') == 1", True),
        ("fromJSON('true')", True),
    ],
)
def test_functions(source: str, expected: Value) -> None:
    """Source: PAGE#functions."""
    assert value(source) == expected


@pytest.mark.parametrize("source", ["fromJSON('')", "fromJSON('{')", "format('{1}', 'a')", "format('{', 'a')"])
def test_a_function_that_cannot_answer_fails(source: str) -> None:
    with pytest.raises(BadExpressionError):
        value(source)


def test_status_functions_answer_the_status() -> None:
    """Source: PAGE#status-check-functions."""
    bad = Status(success=False, failure=True, cancelled=True)
    assert [value(f"{name}()") for name in ("success", "failure", "cancelled", "always")] == [True, False, False, True]
    assert [value(f"{name}()", bad) for name in ("success", "failure", "cancelled", "always")] == [
        False,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("source", "has"), [("github.ref", False), ("!Cancelled()", True), ("'success()'", False), ("always() && x", True)]
)
def test_whether_a_condition_names_a_status_function(source: str, has: bool) -> None:
    """Source: PAGE#status-check-functions: without one, `success()` is applied."""
    assert condition(source).has_status is has


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${{ needs.detect-changes.outputs.run }}", "7"),
        ("  ${{ fromJSON('[1]') }} ", [1.0]),
        ("run-${{ needs.detect-changes.outputs.run }}-${{ github.event_name }}", "run-7-push"),
        ("plain", "plain"),
        ("${{ true }}-${{ null }}-${{ 1.5 }}-${{ 3 }}", "true--1.5-3"),
    ],
)
def test_templates(source: str, expected: Value) -> None:
    """Source: PAGE, the table of casts to a string."""
    assert template(source)(Scope(CONTEXTS)) == expected


def test_text_around_an_expression_makes_a_condition_always_true() -> None:
    """Source: https://github.com/actions/runner/issues/1173: an `if` that is partly text is a text, not empty: true."""
    assert truthy(condition("${{ false }} && ${{ false }}").evaluate(Scope(CONTEXTS)))
    assert not truthy(condition("false && false").evaluate(Scope(CONTEXTS)))
