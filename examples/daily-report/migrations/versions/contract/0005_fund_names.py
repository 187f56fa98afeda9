"""Fund names, which no row ever had: the CSV does not bring them, and no release reads them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = None
branch_labels = ("contract",)
depends_on = "0004"

SCHEMAS = (None, "candidate")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.drop_column("funds", "name", schema=schema)


def downgrade() -> None:
    for schema in SCHEMAS:
        op.add_column("funds", sa.Column("name", sa.Text()), schema=schema)
