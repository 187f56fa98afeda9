"""The tables that this code expects. A test and the schema gate hold the migrations against them.

No handler imports this: the images go without SQLAlchemy. Live rows lie in the schema `public`, those of
candidates in `candidate`, in the same tables.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

CANDIDATE = "candidate"
SCHEMAS = (None, CANDIDATE)
LATEST = """
CREATE VIEW {schema}fund_latest AS
SELECT DISTINCT ON (p.fund) p.fund, f.currency, p.date, p.nav, p.assets
FROM {schema}fund_prices p JOIN {schema}funds f ON f.fund = p.fund
ORDER BY p.fund, p.date DESC
"""

metadata = sa.MetaData()


def _declare(schema: str | None) -> None:
    funds = sa.Table(
        "funds",
        metadata,
        sa.Column("fund", sa.Text),
        sa.Column("currency", sa.Text, server_default="THB", nullable=False),
        sa.PrimaryKeyConstraint("fund", name="funds_pkey"),
        sa.CheckConstraint("fund ~ '^[A-Z0-9-]{1,24}$'", name="funds_fund_check"),
        sa.CheckConstraint("currency IN ('THB', 'USD', 'EUR')", name="funds_currency_check"),
        schema=schema,
    )
    prices = sa.Table(
        "fund_prices",
        metadata,
        sa.Column("fund", sa.Text),
        sa.Column("date", sa.Date),
        sa.Column("nav", sa.Numeric(20, 6), nullable=False),
        sa.Column("assets", sa.Numeric(20, 6), nullable=False),
        sa.PrimaryKeyConstraint("fund", "date", name="fund_prices_pkey"),
        sa.ForeignKeyConstraint(["fund"], [funds.c.fund], name="fund_prices_fund_fkey"),
        sa.CheckConstraint("nav > 0", name="fund_prices_nav_check"),
        sa.CheckConstraint("assets >= 0", name="fund_prices_assets_check"),
        schema=schema,
    )
    sa.Index("fund_prices_date_idx", prices.c.date)
    sa.Table(
        "reports",
        metadata,
        sa.Column("ticker", sa.Text),
        sa.Column("as_of", sa.Date),
        sa.Column("build", sa.Text),
        sa.Column("body", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("ticker", "as_of", "build", name="reports_pkey"),
        sa.CheckConstraint("jsonb_typeof(body) = 'object'", name="reports_body_check"),
        schema=schema,
    )


for _schema in SCHEMAS:
    _declare(_schema)


@sa.event.listens_for(metadata, "before_create")
def _create_schema(_: sa.MetaData, connection: sa.Connection, **__: Any) -> None:
    connection.execute(sa.schema.CreateSchema(CANDIDATE, if_not_exists=True))


@sa.event.listens_for(metadata, "after_create")
def _create_views(_: sa.MetaData, connection: sa.Connection, **__: Any) -> None:
    for schema in SCHEMAS:
        connection.execute(sa.text(LATEST.format(schema=f"{schema}." if schema else "")))
