"""Rows as a table of text."""

from collections.abc import Iterable

from benchmarks.measure import Row

HEAD = ("", "median", "min to max", "", "n", "goal", "holds")


def table(rows: Iterable[Row]) -> str:
    """One line a row, columns aligned."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join("  ".join(map(_aligned, range(len(HEAD)), line, widths)).rstrip() for line in lines)


def _aligned(column: int, cell: str, width: int) -> str:
    return cell.ljust(width) if column in {0, 3, 5} else cell.rjust(width)


def _cells(row: Row) -> tuple[str, ...]:
    of = f" ({row.ratio:.2f} times {row.of})" if row.ratio is not None else ""
    spread = f"{_number(row.low)} to {_number(row.high)}"
    holds = {None: "", True: "yes", False: "NO"}[row.holds]
    return f"{row.name}{of}", _number(row.median), spread, row.unit, str(row.rounds), _goal(row), holds


def _goal(row: Row) -> str:
    if row.goal is None:
        return ""
    return f"≤ {row.goal:g} {row.unit if row.ratio is None else 'times'}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"
