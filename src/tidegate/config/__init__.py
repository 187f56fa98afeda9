"""`tidegate.yaml` → `Pipeline`, with line and column in every complaint.

`source`: bytes → plain data, each value with its place. `document`: what may stand where (pydantic, JSON Schema).
`check`: what one value demands of another. `assemble`: the frozen `Pipeline`. `load`: these four in a row.
"""

from tidegate.config.load import FILE_NAME, load, parse, schema

__all__ = ["FILE_NAME", "load", "parse", "schema"]
