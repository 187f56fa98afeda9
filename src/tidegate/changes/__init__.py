"""What changed since the last release: git, globs, and the reason for each match."""
