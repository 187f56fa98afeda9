"""Pure: (pipeline, changes, last release, snapshots) → Plan."""
