"""The number that both sides of a comparison must have in common."""

PROTOCOL = 1
"""Rises with each change of what is read, or of how it is written: both sides of a comparison must be read alike."""
