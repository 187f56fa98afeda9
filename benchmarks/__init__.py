"""Figures about Tidegate, as medians with their spread; `docs/benchmarks.md` holds what was measured.

Run: python -m benchmarks [NAME…] [--json FILE]. Each module with a function `rows` is one benchmark.
"""
