"""What `tidegate cloud up` creates, by what `tidegate.yaml` names."""

from dataclasses import replace
from pathlib import Path

from tidegate.config.load import load
from tidegate.operations.cloud_up import blueprint

EXAMPLE = Path(__file__).parents[2] / "docs" / "tidegate.example.yaml"


def test_the_function_that_answers_the_schema_gate_is_made_where_it_is_named() -> None:
    pipeline = load(EXAMPLE)
    wanted = blueprint(pipeline, "staging").introspection
    assert wanted
    assert wanted.name == "dr-daily-report-introspection-staging"
    assert "def handler(event: Any" in wanted.source
    assert "handler" not in repr(wanted)
    assert pipeline.database
    asked_directly = replace(pipeline, database=replace(pipeline.database, introspection=None))
    assert blueprint(asked_directly, "staging").introspection is None
    assert blueprint(replace(pipeline, database=None), "staging").introspection is None
