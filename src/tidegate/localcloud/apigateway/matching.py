"""Which stage and route a request is for.

Source: API Gateway developer guide, "Routing API requests": the most specific path wins, a method before ANY,
`$default` last.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidegate.localcloud.apigateway.resources import DEFAULT_ROUTE, DEFAULT_STAGE, Route, Stage

_VARIABLE = re.compile(r"\{([^{}+]+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """The route of a request, with the values of its path's variables."""

    route: Route
    parameters: Mapping[str, str]


def find_stage(stages: Mapping[str, Stage], path: str) -> tuple[Stage, str] | None:
    """The stage that a path names by its first segment, else `$default`, with the path as routes see it."""
    first, slash, rest = path.lstrip("/").partition("/")
    if first and first != DEFAULT_STAGE and first in stages:
        return stages[first], f"{slash}{rest}" or "/"
    default = stages.get(DEFAULT_STAGE)
    return None if default is None else (default, path)


def find_route(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """The most specific route that takes a request, if any."""
    best: tuple[tuple[tuple[int, ...], int], Match] | None = None
    fallback: Match | None = None
    for route in routes:
        if route.key == DEFAULT_ROUTE:
            fallback = Match(route, {})
            continue
        wanted, _, template = route.key.partition(" ")
        if wanted not in (method, "ANY"):
            continue
        parameters = _parameters(template, path)
        if parameters is None:
            continue
        rank = (_specificity(template), int(wanted == "ANY"))
        if best is None or rank < best[0]:
            best = (rank, Match(route, parameters))
    return fallback if best is None else best[1]


def _parameters(template: str, path: str) -> dict[str, str] | None:
    wanted, given = _segments(template), _segments(path)
    values: dict[str, str] = {}
    for index, segment in enumerate(wanted):
        variable = _VARIABLE.fullmatch(segment)
        if variable is not None and variable[2]:
            rest = given[index:]
            values[variable[1]] = "/".join(rest)
            return values if rest and any(rest) else None
        if index >= len(given):
            return None
        if variable is not None:
            values[variable[1]] = given[index]
        elif segment != given[index]:
            return None
    return values if len(given) == len(wanted) else None


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _specificity(template: str) -> tuple[int, ...]:
    """Comparable, smaller is more specific: a literal segment before a variable before a greedy one."""
    ranks = []
    for segment in _segments(template):
        variable = _VARIABLE.fullmatch(segment)
        ranks.append(0 if variable is None else 2 if variable[2] else 1)
    return tuple(ranks)
