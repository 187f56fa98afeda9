"""The product's own database: what its schema is and should be, and how it gets there.

SQLAlchemy, Alembic and the drivers are imported where they are used: they come with the extra `database`.
"""
