"""The verbs, one a file; used by the command line and by the dashboard."""
