"""The child in which a product's revisions run: `python -m tidegate.database.migrations.worker`, see `__main__`."""
