from typing import Any

import pytest

from tidegate.localcloud.cloudfront.engine import FunctionFailedError, StoreView, invoke

STORE = StoreView("store-id", {"text": "hello", "json": '{"a": [1, "ü"]}', "": "empty key"})


def body(expression: str) -> str:
    return (
        f"import cf from 'cloudfront';\nconst kvs = cf.kvs();\nasync function handler(event) {{ return {expression}; }}"
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("event.request.uri", "/a"),
        ("await kvs.get('text')", "hello"),
        ("await kvs.get('text', { format: 'string' })", "hello"),
        ("await kvs.get('json', { format: 'json' })", {"a": [1, "ü"]}),
        ("Array.from(await kvs.get('text', { format: 'bytes' }))", [104, 101, 108, 108, 111]),
        ("[await kvs.exists('text'), await kvs.exists('other')]", [True, False]),
        ("await kvs.count()", 3),
        ("(await kvs.meta()).keyCount", 3),
        ("await cf.kvs('store-id').get('text')", "hello"),
        ("await kvs.get('other').catch(() => 'missing')", "missing"),
        ("(await Promise.all([kvs.get('text'), kvs.get('json')])).length", 2),
        ("await kvs.exists('__proto__')", False),
        ("undefined", None),
    ],
)
def test_what_a_handler_can_do(expression: str, expected: Any) -> None:
    assert invoke(body(expression), {"request": {"uri": "/a"}}, STORE).value == expected


@pytest.mark.parametrize(
    "code",
    [
        "function handler(event) { return event.x; }",
        "const handler = (event) => event.x;",
        "var handler = async (event) => { await null; return event.x; };",
    ],
)
def test_forms_of_a_handler(code: str) -> None:
    assert invoke(code, {"x": 1}, None).value == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (body("await kvs.get('other')"), "KeyNotFound"),
        (body("await kvs.get('json', { format: 'xml' })"), "unknown format"),
        (body("await cf.kvs('another').get('text')"), "not associated"),
        ("function handler() { for (;;) {} }", "too long"),
        ("async function handler() { await null; for (;;) {} }", "too long"),
        ("async function handler() { for (;;) { await null; } }", "too long"),
        ("function handler() { const all = []; for (;;) { all.push('x'.repeat(1000) + all.length); } }", "memory"),
        ("function handler() { return handler() + 1; }", "stack"),
        ("function handler() { return new Promise(() => {}); }", "never settled"),
        ("function handler() { return BigInt(1); }", "BigInt"),
        ("for (;;) {}", "too long"),
        ("const x = ;", "SyntaxError"),
        ("", "handler"),
        ("const fs = require('fs'); function handler() {}", "module fs: not emulated"),
        ("function handler() { undefinedName(); }", "undefinedName"),
        ("function handler() { throw 'text'; }", "text"),
    ],
)
def test_what_ends_a_handler(code: str, reason: str) -> None:
    with pytest.raises(FunctionFailedError, match=reason):
        invoke(code, {}, STORE)


def test_without_a_store_there_is_none_to_open() -> None:
    with pytest.raises(FunctionFailedError, match="not associated"):
        invoke(body("1"), {}, None)


def test_logs_are_kept_also_from_a_handler_that_fails() -> None:
    logs = invoke("function handler(e) { console.log('a', 1, {b: 2}); console.error('c'); }", {}, None).logs
    assert logs == ('a 1 {"b":2}', "c")
    with pytest.raises(FunctionFailedError) as failed:
        invoke("function handler() { console.log('before'); throw new Error('x'); }", {}, None)
    assert failed.value.logs == ("before",)


def test_invocations_share_nothing() -> None:
    code = "globalThis.count = (globalThis.count ?? 0) + 1; function handler() { return count; }"
    assert [invoke(code, {}, None).value for _ in range(2)] == [1, 1]


def test_a_large_store_can_be_read() -> None:
    pairs = {f"key-{number}": "x" * 1_000 for number in range(2_000)}
    assert invoke(body("(await kvs.get('key-1999')).length"), {}, StoreView("s", pairs)).value == 1_000
