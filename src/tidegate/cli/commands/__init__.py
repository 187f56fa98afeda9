"""One command a file. Each is imported only when it is used, so that `tidegate --help` is fast."""
