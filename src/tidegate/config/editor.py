"""The JSON Schema of `tidegate.yaml`, for editors: what pydantic makes of the models, without its noise."""

import json
import sys
from typing import Any

from tidegate.config.document import PipelineFile


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12)."""
    made = PipelineFile.model_json_schema()
    tidy = {key: _tidy(value) for key, value in made.items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **tidy}


def _tidy(part: Any) -> Any:
    """Drop titles made of field names, and the null that stands for an absent key: an empty key is an error."""
    if isinstance(part, list):
        return [_tidy(one) for one in part]
    if not isinstance(part, dict):
        return part
    tidy = {key: _tidy(value) for key, value in part.items() if not (key == "title" and isinstance(value, str))}
    if "default" in tidy and tidy["default"] is None:
        del tidy["default"]
    choices = [one for one in tidy.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        del tidy["anyOf"]
        tidy = {**choices[0], **tidy}
    return tidy


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
