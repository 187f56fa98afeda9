"""What the sections of `tidegate.yaml` have in common: their base, and the values that many of them hold."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1)]
Command = Annotated[str, Field(min_length=1)]
Duration = Annotated[str, Field(pattern=r"^[0-9]+(s|m|h)$", examples=["90s", "5m"])]
NamePattern = Annotated[str, Field(min_length=1, examples=["daily-report-api-{env}"])]


class Section(BaseModel):
    """Base of all sections: no unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


def hyphenated(name: str) -> str:
    """The key of a field: `rollback-window` for `rollback_window`."""
    return name.replace("_", "-")
