"""All judges, one after the other, and what a team declared that it lives with."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tidegate.doctor.account import judge_account, judge_trust
from tidegate.doctor.api import judge_api
from tidegate.doctor.functions import judge_functions, judge_secrets
from tidegate.doctor.judged import Case
from tidegate.doctor.registry import judge_registry
from tidegate.doctor.settings import judge_settings
from tidegate.doctor.site import judge_site
from tidegate.doctor.telemetry import judge_telemetry
from tidegate.doctor.unseen import judge_unseen
from tidegate.doctor.vpc_tests import judge_vpc_tests
from tidegate.model.facts import EnvironmentFacts
from tidegate.model.finding import Acceptance, Finding
from tidegate.model.pipeline import Pipeline, expand

_JUDGES = (
    judge_settings,
    judge_account,
    judge_trust,
    judge_site,
    judge_api,
    judge_functions,
    judge_secrets,
    judge_telemetry,
    judge_registry,
    judge_vpc_tests,
    judge_unseen,
)


def examine(pipeline: Pipeline, facts: EnvironmentFacts) -> tuple[Finding, ...]:
    """Everything that is wrong, settings first. What could not be looked at is a finding: it may be wrong."""
    case = Case(pipeline, facts)
    found = [finding for judge in _JUDGES for finding in judge(case)]
    return tuple(with_acceptances(pipeline, facts.environment, found))


def with_acceptances(pipeline: Pipeline, environment: str, findings: Iterable[Finding]) -> list[Finding]:
    """The same findings; those that the team accepted say why."""
    return [replace(one, accepted=_reason(pipeline, environment, one)) for one in findings]


def idle_acceptances(pipeline: Pipeline, found: Mapping[str, Iterable[Finding]]) -> tuple[Acceptance, ...]:
    """What the team accepts and is nowhere: it would hide the next one of its kind.

    Args:
        pipeline: Whose acceptances.
        found: Findings of all environments.
    """

    def matches(acceptance: Acceptance) -> bool:
        return any(_accepts(acceptance, name, one) for name, findings in found.items() for one in findings)

    return tuple(acceptance for acceptance in pipeline.accepted if not matches(acceptance))


def _accepts(acceptance: Acceptance, environment: str, finding: Finding) -> bool:
    where = expand(acceptance.where, environment)
    return acceptance.check is finding.check and fnmatch.fnmatchcase(finding.where, where)


def _reason(pipeline: Pipeline, environment: str, finding: Finding) -> str:
    return next((one.reason for one in pipeline.accepted if _accepts(one, environment, finding)), "")
