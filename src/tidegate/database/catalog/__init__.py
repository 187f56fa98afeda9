"""Reads a database's schema from its catalog, both sides of a comparison in the same way."""

from tidegate.database.catalog.protocol import PROTOCOL
from tidegate.database.catalog.read import read, read_by

__all__ = ["PROTOCOL", "read", "read_by"]
