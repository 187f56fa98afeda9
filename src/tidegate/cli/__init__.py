"""The command line: parse, wire, print, map errors to exit codes. Nothing imports it."""
