"""Funds and their prices, live and for candidates."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = ("expand",)
depends_on = None

SCHEMAS = (None, "candidate")


def upgrade() -> None:
    op.execute("CREATE SCHEMA candidate")
    for schema in SCHEMAS:
        op.create_table(
            "funds",
            sa.Column("fund", sa.Text(), nullable=False),
            sa.Column("name", sa.Text()),
            sa.Column("currency", sa.Text(), server_default="THB", nullable=False),
            sa.PrimaryKeyConstraint("fund", name="funds_pkey"),
            sa.CheckConstraint("fund ~ '^[A-Z0-9-]{1,24}$'", name="funds_fund_check"),
            sa.CheckConstraint("currency IN ('THB', 'USD', 'EUR')", name="funds_currency_check"),
            schema=schema,
        )
        op.create_table(
            "fund_prices",
            sa.Column("fund", sa.Text(), nullable=False),
            sa.Column("date", sa.Date(), nullable=False),
            sa.Column("nav", sa.Numeric(20, 6), nullable=False),
            sa.Column("assets", sa.Numeric(20, 6), nullable=False),
            sa.PrimaryKeyConstraint("fund", "date", name="fund_prices_pkey"),
            sa.ForeignKeyConstraint(
                ["fund"], [f"{schema}.funds.fund" if schema else "funds.fund"], name="fund_prices_fund_fkey"
            ),
            sa.CheckConstraint("nav > 0", name="fund_prices_nav_check"),
            sa.CheckConstraint("assets >= 0", name="fund_prices_assets_check"),
            schema=schema,
        )


def downgrade() -> None:
    for schema in SCHEMAS:
        op.drop_table("fund_prices", schema=schema)
        op.drop_table("funds", schema=schema)
    op.execute("DROP SCHEMA candidate")
