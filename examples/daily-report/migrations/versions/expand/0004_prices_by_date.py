"""Find the prices of a day without reading them all.

Built while the table is in use, which PostgreSQL does outside of a transaction only.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
lossless = True

SCHEMAS = (None, "candidate")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for schema in SCHEMAS:
            op.create_index(
                "fund_prices_date_idx",
                "fund_prices",
                ["date"],
                schema=schema,
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for schema in SCHEMAS:
            op.drop_index("fund_prices_date_idx", schema=schema, postgresql_concurrently=True, if_exists=True)
