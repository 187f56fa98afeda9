"""Pipelines of every kind that settings can give, made of the reference's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

from tests.plan.database import DATABASE, NO_MIGRATIONS, SPEC
from tests.plan.reference import PIPELINE
from tidegate.model.actions import Actions, ApprovalBy, Credentials, Supply
from tidegate.model.database import VpcTests
from tidegate.model.pipeline import Order, Pipeline, Strategy

VPC = replace(SPEC, vpc_tests=VpcTests("vpc-tests-{env}"))
CHOICES: Mapping[str, Sequence[Any]] = {
    "environments": (1, 2, 3),
    "halves": ("both", "functions", "site"),
    "strategy": tuple(Strategy),
    "database": (None, SPEC, NO_MIGRATIONS.database, VPC),
    "order": tuple(Order),
    "check": (True, False),
    "browser": (True, False),
    "contract": (True, False),
    "infrastructure": (("opa-policy", "terratest"), ("opa-policy",), ("terratest",), ()),
    "approvals": ((), ("prod",), ("dev", "staging", "prod")),
    "approval": tuple(ApprovalBy),
    "credentials": tuple(Credentials),
    "github": ("", "build"),
    "path": (None, "tools/tidegate"),
}


def pipeline_of(settings: Mapping[str, Any]) -> Pipeline:
    """The reference's pipeline with other settings."""
    names = list(PIPELINE.environments)[: settings["environments"]]
    assert PIPELINE.site is not None
    assert PIPELINE.actions is not None
    site = None if settings["halves"] == "functions" else replace(PIPELINE.site, strategy=settings["strategy"])
    backend = settings["halves"] != "site"
    return replace(
        PIPELINE,
        components=DATABASE.components,
        images=PIPELINE.images if backend else {},
        functions=PIPELINE.functions if backend else {},
        site=site if backend or site is None else replace(site, api=None),
        order=settings["order"],
        check=PIPELINE.check if settings["check"] else None,
        browser=PIPELINE.browser if settings["browser"] else None,
        contract=PIPELINE.contract if settings["contract"] else None,
        infrastructure={name: PIPELINE.infrastructure[name] for name in settings["infrastructure"]},
        environments={
            name: replace(PIPELINE.environments[name], approval=name in settings["approvals"]) for name in names
        },
        actions=_actions(PIPELINE.actions, settings),
        database=settings["database"] if backend else None,
    )


def _actions(actions: Actions, settings: Mapping[str, Any]) -> Actions:
    keys = settings["credentials"] is Credentials.KEYS
    return replace(
        actions,
        approval=settings["approval"],
        credentials=settings["credentials"],
        github=settings["github"] or ("tidegate" if keys else ""),
        supply=Supply("requirements.lock", settings["path"]),
    )


PIPELINES: st.SearchStrategy[Pipeline] = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in CHOICES.items()}
).map(pipeline_of)


def pairwise() -> Iterator[Pipeline]:
    """Few pipelines in which any two values of any two settings meet."""
    names = list(CHOICES)
    missing = {pair for one, two in combinations(names, 2) for pair in product(_named(one), _named(two))}
    while missing:
        chosen: dict[str, Any] = {}
        first, second = min(missing, key=repr)
        chosen[first[0]], chosen[second[0]] = first[1], second[1]
        for name in names:
            if name not in chosen:
                chosen[name] = max(CHOICES[name], key=lambda value: _met(missing, {**chosen, name: value}))
        missing -= set(_pairs(chosen))
        yield pipeline_of(chosen)


def _named(name: str) -> Iterable[tuple[str, Any]]:
    return ((name, value) for value in CHOICES[name])


def _pairs(chosen: Mapping[str, Any]) -> Iterable[tuple[tuple[str, Any], tuple[str, Any]]]:
    return combinations(((name, chosen[name]) for name in CHOICES if name in chosen), 2)


def _met(missing: set[Any], chosen: Mapping[str, Any]) -> int:
    return sum(pair in missing for pair in _pairs(chosen))
