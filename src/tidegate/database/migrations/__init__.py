"""Migrations in two phases: history, lint, round trip, apply, status, the way down."""
