"""Alembic's environment for developers: the database of the AURORA_ variables, or with `--sql` none.

alembic -c migrations/alembic.ini upgrade heads
"""

import os

import sqlalchemy as sa
from alembic import context

from aurora.database import Settings
from src.data.tables import metadata

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    settings = Settings.of(os.environ, "public")
    url = sa.URL.create(
        "postgresql+psycopg",
        settings.user,
        settings.password_now(),
        settings.host,
        settings.port,
        settings.database,
    )
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_schemas=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
