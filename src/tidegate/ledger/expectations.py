"""What the code of releases expects of a database, in the ledger: every runner finds it there."""

import hashlib
import json

from tidegate.errors import Conflict
from tidegate.ledger.book import Book
from tidegate.ledger.chain import EMPTY
from tidegate.ledger.codec import EXPECTATIONS
from tidegate.ledger.projection import decode
from tidegate.ledger.refusals import Unknown
from tidegate.model.record import ExpectationKept

PREFIX = "schema/"


class Expectations(Book):
    """Keeps each expectation once, by its digest."""

    def keep_expectation(self, document: object) -> str:
        """Keep what is expected, as JSON; returns its digest. What is there already is not written again."""
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        stream = _stream(digest)
        if not self._journal.refresh(stream).length:
            record = ExpectationKept(digest, document, self._clock())
            try:
                self._journal.append_at(stream, EMPTY, EXPECTATIONS.encode(record))
            except Conflict:  # another runner kept the very same
                self._journal.refresh(stream)
        return digest

    def expectation(self, digest: str) -> object:
        """Return what was kept by a digest.

        Raises:
            refusals.Unknown: Nothing was.
        """
        stream = _stream(digest)
        if not self._journal.refresh(stream).length:
            raise Unknown(
                f"the ledger does not hold the expectation {digest[:19]}",
                where=stream,
                what_next="push a change of the schema's components: it is read anew then",
            )
        return decode(EXPECTATIONS, stream, self._journal.read(stream)[0]).document


def _stream(digest: str) -> str:
    return PREFIX + digest.removeprefix("sha256:")
