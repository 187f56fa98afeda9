"""${message}"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

SCHEMAS = (None, "candidate")


def upgrade() -> None:
    for schema in SCHEMAS:
        ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    for schema in SCHEMAS:
        ${downgrades if downgrades else "pass"}
