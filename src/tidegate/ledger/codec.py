"""Record ↔ JSON.

Shapes are pydantic's work; the text is the `json` module's, which also keeps file names that are not UTF-8.
"""

import json
from functools import cached_property
from types import UnionType
from typing import Annotated, Generic, TypeVar, cast

from pydantic import Field, TypeAdapter, ValidationError

from tidegate.errors import LedgerError
from tidegate.model.record import EnvironmentRecord, ExpectationKept, JobsTimed, ReleaseAdded, RunAllotted, RunRecord

R = TypeVar("R")

_JSON = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


class Codec(Generic[R]):
    """Encodes and decodes the records of one family of streams.

    Args:
        shape: A record class, or a union of them that their `kind` tells apart.
    """

    def __init__(self, shape: type[R] | UnionType) -> None:
        self._shape = shape

    @cached_property
    def _adapter(self) -> TypeAdapter[R]:
        shape: object = self._shape
        if isinstance(shape, UnionType):
            shape = Annotated[shape, Field(discriminator="kind")]
        return TypeAdapter(cast("type[R]", shape))

    def encode(self, record: R) -> bytes:
        """Return a record as JSON.

        Raises:
            TypeError: A field typed `object` holds what JSON does not have.
            ValueError: As above, for a float that is no number.
        """
        plain = self._adapter.dump_python(record, warnings="error")
        return _JSON.encode(plain).encode()

    def decode(self, body: bytes, where: str) -> R:
        """Return the record that was encoded; `where` names it in errors.

        Raises:
            errors.LedgerError: It is whole, or the chain would have said so, but of a shape unknown here.
        """
        try:
            return self._adapter.validate_python(json.loads(body))
        except (ValueError, ValidationError) as error:
            raise LedgerError(
                "this Tidegate does not know this record",
                where=where,
                what_next="a newer Tidegate wrote it: use that one",
            ) from error


ALLOTMENTS: Codec[RunAllotted] = Codec(RunAllotted)
RUNS: Codec[RunRecord] = Codec(RunRecord)
RELEASES: Codec[ReleaseAdded] = Codec(ReleaseAdded)
EXPECTATIONS: Codec[ExpectationKept] = Codec(ExpectationKept)
DURATIONS: Codec[JobsTimed] = Codec(JobsTimed)
ENVIRONMENTS: Codec[EnvironmentRecord] = Codec(EnvironmentRecord)
