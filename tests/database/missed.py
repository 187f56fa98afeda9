"""What `alembic.autogenerate.compare_metadata` does not see of what is planted, and the documentation's table of it."""

import warnings
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.database.drift import Drift
from tidegate.database.access import Access, connect


def said(access: Access, metadata: sa.MetaData) -> frozenset[str]:
    """What a bare `compare_metadata` says of a database."""
    with warnings.catch_warnings(), connect(access) as connection:
        warnings.simplefilter("ignore")  # It warns of expressions that it does not compare.
        return frozenset(repr(one) for one in compare_metadata(MigrationContext.configure(connection), metadata))


def table(drifts: Iterable[Drift], seen: Mapping[str, bool]) -> str:
    """The table of the page, one line for what was planted."""
    lines = ["| planted | called | `compare_metadata` |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.kind} | {'sees it' if seen[one.name] else '**misses it**'} |" for one in drifts]
    return "\n".join(lines) + "\n"


def block(page: str, name: str) -> str:
    """What stands in a page between `<!-- name -->` and the next empty line."""
    return page.partition(f"<!-- {name} -->\n")[2].partition("\n\n")[0] + "\n"


def with_block(page: str, name: str, text: str) -> str:
    """The page with that part renewed."""
    return page.replace(f"<!-- {name} -->\n{block(page, name)}", f"<!-- {name} -->\n{text}")
