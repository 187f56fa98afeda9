"""The last price of each fund, as a view."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
lossless = True

SCHEMAS = ("", "candidate.")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(
            f"CREATE VIEW {schema}fund_latest AS"
            " SELECT DISTINCT ON (p.fund) p.fund, f.currency, p.date, p.nav, p.assets"
            f" FROM {schema}fund_prices p JOIN {schema}funds f ON f.fund = p.fund"
            " ORDER BY p.fund, p.date DESC"
        )


def downgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"DROP VIEW {schema}fund_latest")
