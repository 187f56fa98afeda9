"""docs/tidegate.example.yaml is documentation, example and schema test at once; the JSON Schema is generated."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tidegate.config import load, schema
from tidegate.config.source import Document, read
from tidegate.model.actions import Actions, Pin, Supply
from tidegate.model.pipeline import Environment, Order, Seed, Strategy

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "tidegate.example.yaml"
CHECKOUT = "actions/checkout"
SCHEMA = DOCS / "tidegate.schema.json"

KeyPath = tuple[str, ...]
"""Keys from the top; `*` stands for a name that the file chooses, and for an item of a list."""


def schema_keys(part: dict[str, Any], root: dict[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield every key that the schema declares."""
    if "$ref" in part and "JsonValue" not in part["$ref"]:
        part = {**root["$defs"][part["$ref"].rsplit("/", 1)[1]], **part}
    for name, below in part.get("properties", {}).items():
        yield (*path, name)
        yield from schema_keys(below, root, (*path, name))
    for many in ("items", "additionalProperties"):
        if isinstance(part.get(many), dict):
            yield from schema_keys(part[many], root, (*path, "*"))


def example_keys(document: Document) -> dict[KeyPath, list[int]]:
    """Return every key of the example with the lines that it is on, names and indexes in the schema's form."""
    declared = set(schema_keys(schema(), schema()))
    found: dict[KeyPath, list[int]] = {}
    for path, place in document.keys.items():
        general: KeyPath = ()
        for part in path:
            exact = (*general, str(part))
            general = exact if exact in declared else (*general, "*")
        found.setdefault(general, []).append(place.line)
    return found


def test_every_key_of_the_schema_is_in_the_example() -> None:
    keys = example_keys(read(EXAMPLE.read_bytes(), EXAMPLE.name))
    assert [path for path in schema_keys(schema(), schema()) if path not in keys] == []


def test_every_key_is_explained_where_it_stands_first() -> None:
    document = read(EXAMPLE.read_bytes(), EXAMPLE.name)
    keys = example_keys(document)

    def explained(line: int) -> bool:
        above = document.lines[line - 2].strip()
        return "#" in document.lines[line - 1] or above.startswith("#")

    missing = [path for path in schema_keys(schema(), schema()) if not any(map(explained, keys[path]))]
    assert missing == []


def test_every_key_of_the_schema_is_described() -> None:
    def undescribed(part: dict[str, Any]) -> Iterator[str]:
        for name, below in part.get("properties", {}).items():
            if not below.get("description"):
                yield name
        for below in part.get("$defs", {}).values():
            yield from undescribed(below)

    assert list(undescribed(schema())) == []


def test_the_example_means_what_it_says() -> None:
    pipeline = load(EXAMPLE)
    assert (pipeline.product, pipeline.branch, pipeline.cloud) == ("daily-report", "telegram", "embedded")
    assert pipeline.ignore == ("docs/**", ".claude/**")
    assert pipeline.components["backend"].patterns == ("src/**", "!src/**/*.md", "Dockerfile*", "requirements*.txt")
    assert pipeline.images["backend"].components == ("backend",)
    api = pipeline.functions["telegram-api"]
    assert (api.name, api.image, api.api, api.timeout_seconds) == (
        "dr-daily-report-telegram-api-{env}",
        "backend",
        True,
        30,
    )
    assert [test.name for test in api.smoke] == ["health", "GET /api/v1/search?q=NVDA"]
    assert api.smoke[0].expect.json == {"status": "ok", "digest": "<release.digest>"}
    assert pipeline.functions["fund-data-sync"].timeout_seconds == 300
    assert pipeline.functions["fund-data-sync"].smoke[0].seed == Seed(
        "fund-data", "candidate/smoke/sample.csv", "fund_data_sync/sample.csv"
    )
    assert pipeline.functions["ticker-scheduler"].optional
    assert pipeline.site is not None
    assert (pipeline.site.install, pipeline.site.strategy) == (("npm", "ci"), Strategy.POINTER)
    assert pipeline.resources.tables == {"dr-daily-report-watchlist-{env}": ("user", "ticker")}
    assert pipeline.resources.secrets == {"seal": "dr-daily-report-seal-{env}"}
    assert pipeline.check is not None
    assert [step.warn for step in pipeline.check.steps] == [False, True]
    assert pipeline.browser is not None
    assert (pipeline.browser.shards, pipeline.browser.timeout_seconds) == (2, 300.0)
    assert {name: gate.components for name, gate in pipeline.infrastructure.items()} == {
        "opa-policy": ("terraform",),
        "terratest": ("terraform",),
    }
    assert pipeline.actions == Actions(
        ledger="s3://daily-report-ledger/telegram",
        supply=Supply("tools/tidegate/runner.lock", "tools/tidegate"),
        github="build",
        pull_requests=("main", "telegram"),
        infrastructure=("telegram", "telegram-staging"),
        pins={CHECKOUT: Pin(CHECKOUT, "11bd71901bbe5b1630ceea73d27597364c9af683", "v4.2.2")},
    )
    assert pipeline.order is Order.TOGETHER
    assert list(pipeline.environments.values()) == [
        Environment("dev", None, "development"),
        Environment("staging", "dev", "staging"),
        Environment("prod", "staging", "production", approval=True, approvers=("alice", "bob")),
    ]


def test_the_published_schema_is_the_one_in_use() -> None:
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert published == schema(), "write it anew: python -m tidegate.config.editor > docs/tidegate.schema.json"


def test_an_editor_accepts_the_example() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(yaml.safe_load(EXAMPLE.read_bytes()), schema())


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"order": "sideways"},
        {"environments": {}},
        {"site": None},
        {"functions": {"a": {"name": "a"}}},
    ],
)
def test_an_editor_marks_what_loading_would_refuse(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**yaml.safe_load(EXAMPLE.read_bytes()), **change}, schema())
