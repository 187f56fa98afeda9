"""The cache of reports: what a build of the backend wrote on a ticker and a day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMAS = (None, "candidate")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.create_table(
            "reports",
            sa.Column("ticker", sa.Text(), nullable=False),
            sa.Column("as_of", sa.Date(), nullable=False),
            sa.Column("build", sa.Text(), nullable=False),
            sa.Column("body", JSONB(), nullable=False),
            sa.PrimaryKeyConstraint("ticker", "as_of", "build", name="reports_pkey"),
            sa.CheckConstraint("jsonb_typeof(body) = 'object'", name="reports_body_check"),
            schema=schema,
        )


def downgrade() -> None:
    for schema in SCHEMAS:
        op.drop_table("reports", schema=schema)
