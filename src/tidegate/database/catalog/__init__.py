"""Reads a database's schema from its catalog, both sides of a comparison in the same way."""

from tidegate.database.catalog.read import PROTOCOL, read

__all__ = ["PROTOCOL", "read"]
