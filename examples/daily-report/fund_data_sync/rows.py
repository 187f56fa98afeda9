"""Fund data as CSV: columns fund, date, nav, assets, with a header line, in UTF-8."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

# Stricter than pydantic, which takes a bare number for a Unix time.
_Day = Annotated[dt.date, BeforeValidator(dt.date.fromisoformat)]
_Amount = Annotated[Decimal, Field(max_digits=20, decimal_places=6)]


class FundRow(BaseModel):
    """The net asset value of a fund on a day, and what the fund holds in all, in the fund's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fund: str = Field(pattern=r"^[A-Z0-9\-]{1,24}$")
    date: _Day
    nav: Annotated[_Amount, Field(gt=0)]
    assets: Annotated[_Amount, Field(ge=0)]


class MalformedCsvError(ValueError):
    """The CSV is not fund data. The message names the line."""


def parse(content: bytes) -> list[FundRow]:
    """All rows of a CSV; raises MalformedCsvError for the first bad or repeated row, or if there is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedCsvError(f"not UTF-8 at byte {error.start}") from error
    rows: dict[tuple[str, dt.date], FundRow] = {}
    for line, row in _rows(text):
        if (row.fund, row.date) in rows:
            raise MalformedCsvError(f"line {line}: {row.fund} on {row.date} is there twice")
        rows[row.fund, row.date] = row
    if not rows:
        raise MalformedCsvError("no rows")
    return list(rows.values())


def _rows(text: str) -> Iterator[tuple[int, FundRow]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    columns = list(FundRow.model_fields)
    try:
        if reader.fieldnames != columns:
            raise MalformedCsvError(f"line 1: columns {reader.fieldnames}, expected {columns}")
        for fields in reader:
            if None in fields or None in fields.values():
                raise MalformedCsvError(f"line {reader.line_num}: not {len(columns)} fields")
            yield reader.line_num, FundRow.model_validate(fields)
    except csv.Error as error:
        raise MalformedCsvError(f"line {reader.reader.line_num}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedCsvError(f"line {reader.line_num}: {where}: {first['msg']}") from error
