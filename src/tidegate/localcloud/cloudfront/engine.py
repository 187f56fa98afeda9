"""Runs CloudFront Functions (runtime cloudfront-js-2.0) in QuickJS.

Every invocation gets a context of its own: functions share nothing between requests, and the memory limit holds for
each. QuickJS cannot call into Python under a time limit: the KeyValueStore is handed over as text before the run.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import quickjs

# AWS allows about a millisecond of compute; this bound only stops runaway code, since processor time here is that of
# the whole process.
TIME_LIMIT_SECONDS = 0.25
MEMORY_LIMIT_BYTES = 2 * 1024 * 1024  # CloudFront quotas: "Maximum function memory"
ENGINE_MEMORY_BYTES = 512 * 1024

_IMPORT = re.compile(r"^[ \t]*import\s+(?P<name>[A-Za-z_$][\w$]*)\s+from\s+(['\"])cloudfront\2[ \t]*;?", re.MULTILINE)
_OTHER_IMPORT = re.compile(
    r"^[ \t]*import\b[^(\n]*['\"](?P<module>[^'\"]+)['\"]|\brequire\(\s*['\"](?P<required>[^'\"]+)", re.MULTILINE
)

_PRELUDE = """
globalThis.__edge = (() => {
  const logs = [];
  let outcome;
  const show = (value) => typeof value === 'string' ? value : JSON.stringify(value) ?? String(value);
  const log = (...values) => { logs.push(values.map(show).join(' ')); };
  globalThis.console = { log, info: log, warn: log, error: log, debug: log };
  const open = (storeText, storeId) => (id) => {
    if (storeText === null) throw new Error('KeyValueStore is not associated with the function');
    if (id !== undefined && id !== storeId) throw new Error('KeyValueStore ' + id + ' is not associated');
    const pairs = new Map(Object.entries(JSON.parse(storeText)));
    const read = (key, format) => {
      if (!pairs.has(key)) throw new Error('KeyNotFound: ' + key);
      const text = pairs.get(key);
      if (format === undefined || format === 'string') return text;
      if (format === 'json') return JSON.parse(text);
      if (format === 'bytes') {
        return Uint8Array.from(unescape(encodeURIComponent(text)), (c) => c.charCodeAt(0));
      }
      throw new Error('unknown format ' + format);
    };
    return {
      get: async (key, options) => read(String(key), options?.format),
      exists: async (key) => pairs.has(String(key)),
      count: async () => pairs.size,
      meta: async () => ({ keyCount: pairs.size }),
    };
  };
  const failed = (error) => { outcome = { error: String(error?.stack ? error + '\\n' + error.stack : error) }; };
  return {
    mount: (storeText, storeId) => { globalThis.__cloudfront = { kvs: open(storeText, storeId) }; },
    run: (handler, eventText) => {
      Promise.resolve().then(() => handler(JSON.parse(eventText)))
        .then((value) => { outcome = { text: JSON.stringify(value) ?? 'null' }; }).catch(failed);
    },
    report: () => JSON.stringify({ outcome, logs }),
  };
})();
"""


class FunctionFailedError(Exception):
    """The function threw, ran out of time or memory, or does not compile.

    Attributes:
        logs: What it printed before.
    """

    def __init__(self, message: str, logs: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.logs = logs


@dataclass(frozen=True, slots=True)
class StoreView:
    """The KeyValueStore that a function may read, as its edge sees it now."""

    id: str
    pairs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler returned (JSON values), what it printed, and how long it took."""

    value: Any
    logs: tuple[str, ...]
    seconds: float


def invoke(code: str, event: Mapping[str, Any], store: StoreView | None) -> Outcome:
    """Call `handler(event)` and wait for what it returns.

    Raises:
        FunctionFailedError: When it throws or rejects, never settles, takes too long or too much memory, does not
            compile, or imports a module that is not emulated.
    """
    started = time.perf_counter()
    store_text = None if store is None else json.dumps(dict(store.pairs))
    context = quickjs.Context()
    # A store is held twice: as text and as the map that the first read makes of it.
    context.set_memory_limit(MEMORY_LIMIT_BYTES + ENGINE_MEMORY_BYTES + 8 * len(store_text or ""))
    context.set_time_limit(TIME_LIMIT_SECONDS)
    context.eval(_PRELUDE)
    try:
        context.eval("__edge.mount")(store_text, "" if store is None else store.id)
        context.eval(_without_imports(code))
        context.eval("__edge.run")(context.eval("handler"), json.dumps(event))
        _drain(context, started)
        report = json.loads(context.eval("__edge.report()"))
    except quickjs.JSException as error:
        raise FunctionFailedError(_reason(str(error)), _logs(context)) from error
    logs = tuple(report["logs"])
    outcome = report.get("outcome")
    if outcome is None:
        raise FunctionFailedError("the handler's promise never settled", logs)
    if "error" in outcome:
        raise FunctionFailedError(_reason(outcome["error"]), logs)
    return Outcome(json.loads(outcome["text"]), logs, time.perf_counter() - started)


def _drain(context: quickjs.Context, started: float) -> None:
    while context.execute_pending_job():
        # The engine's limit holds for one job each; an endless chain of them needs this one.
        if time.perf_counter() - started > TIME_LIMIT_SECONDS * 4:
            raise FunctionFailedError("the function took too long", _logs(context))


def _without_imports(code: str) -> str:
    """Turn `import cf from 'cloudfront'` into a constant: the engine has no module loader."""
    script = _IMPORT.sub(lambda found: f"const {found['name']} = globalThis.__cloudfront;", code)
    other = _OTHER_IMPORT.search(script)
    if other is not None:
        raise FunctionFailedError(f"module {other['module'] or other['required']}: not emulated")
    return script


def _reason(text: str) -> str:
    # Without memory for an error, QuickJS throws null.
    if text.strip() == "null":
        return "the function took too much memory, or threw null"
    if "InternalError: interrupted" in text:
        return "the function took too long"
    return text.strip()


def _logs(context: quickjs.Context) -> tuple[str, ...]:
    try:
        return tuple(json.loads(context.eval("__edge.report()"))["logs"])
    except (quickjs.JSException, TypeError):
        return ()
