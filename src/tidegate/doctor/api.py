"""The HTTP API: its address is that of this environment, and each stage leads to the alias of its name."""

import re
from collections.abc import Iterator, Mapping

from tidegate.doctor.judged import Case, command, error
from tidegate.doctor.settings import API, right_shape, set_setting
from tidegate.model.facts import ApiFacts, FunctionFacts
from tidegate.model.finding import Check, Finding

LIVE = "live"
LATEST = "$LATEST"
ALIASES = (LIVE, "candidate")
_TARGET = re.compile(r"function:([^:/]+)(?::([^/]+))?")
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


def judge_api(case: Case) -> Iterator[Finding]:
    """Yield what is wrong with the API before the environment's functions."""
    functions = [
        facts for key, facts in case.facts.functions.items() if facts is not None and case.pipeline.functions[key].api
    ]
    for function in functions:
        for api in case.facts.apis:
            yield from _integrations(api, function)
    if case.pipeline.site and functions:
        yield from _address(case, functions[0])


def _integrations(api: ApiFacts, function: FunctionFacts) -> Iterator[Finding]:
    """An integration that leads to the function itself: in all stages, or in one that lacks the variable for it."""
    for identity, uri in api.integrations.items():
        name, qualifier = target_of(uri)
        if name != function.name:
            continue
        variable = _VARIABLE.search(qualifier)
        if variable:
            bare = [stage for stage, given in api.stages.items() if qualifier_of(uri, given) in {"", LATEST}]
            for stage in bare:
                alias = stage if stage in ALIASES else LIVE
                mend = ("update-stage", "--api-id", api.id, "--stage-name", stage)
                change = ("--stage-variables", f"{variable[1]}={alias}")
                yield _unqualified(f"stage {stage} of API {api.id}", function, *mend, *change)
        elif qualifier in {"", LATEST}:
            by_stage = bool(api.stages) and all("alias" in given for given in api.stages.values())
            target = f"{function.arn}:{'${stageVariables.alias}' if by_stage else LIVE}"
            mend = ("update-integration", "--api-id", api.id, "--integration-id", identity)
            yield _unqualified(f"API {api.id}", function, *mend, "--integration-uri", target)


def _unqualified(who: str, function: FunctionFacts, *mend: str) -> Finding:
    what = f"{who} invokes {function.name} without an alias: it serves untested code"
    return error(Check.UNQUALIFIED, what, function.name, command("aws", "apigatewayv2", *mend))


def _address(case: Case, function: FunctionFacts) -> Iterator[Finding]:
    """The address that the site is given must be a stage, of an API of this environment, that invokes `live`."""
    url = case.facts.settings.values.get(API, "")
    unsure = ("API ", "domain ", f"the policy of function {function.name}")
    blind = any(unseen.where.startswith(unsure) for unseen in case.facts.unseen)
    if not url or not right_shape(API, url) or blind:
        return
    leading = [api for api in case.facts.apis if _uri(api, function)]
    named = [(api, stage) for api in leading if (stage := _stage(case, api, url))]
    if named:
        own, stage = named[0]
        wrong, right = _wrong_stage(own, function, stage), _live_url(own, function)
    else:
        wrong = f"which is no API of this account and region that leads to {function.name}"
        right = _live_url(leading[0], function) if len(leading) == 1 else API
    if wrong:
        yield error(Check.API, f"{API} is {url}, {wrong}", API, set_setting(case, API, right))


def _stage(case: Case, api: ApiFacts, url: str) -> str:
    """The stage of an API that an address names, be it on a domain of one's own; empty when it is of another API."""
    below = [mapping for mapping in case.facts.mappings if mapping.api == api.id and _is_below(url, mapping.url)]
    if below:
        return max(below, key=lambda mapping: len(mapping.url)).stage
    if not _is_below(url, api.endpoint):
        return ""
    return url.removeprefix(api.endpoint).strip("/").partition("/")[0] or "$default"


def _is_below(url: str, base: str) -> bool:
    return url == base or url.startswith(f"{base}/")


def _wrong_stage(api: ApiFacts, function: FunctionFacts, stage: str) -> str:
    """What is wrong with the stage that an address names; empty when it invokes `live`."""
    if stage not in api.stages:
        return f"and API {api.id} has no stage {stage}"
    leads = qualifier_of(_uri(api, function), api.stages[stage])
    if leads in {LIVE, "", LATEST}:  # without an alias is a finding of its own
        return ""
    return f"and that stage invokes {function.name}:{leads}, not {LIVE}"


def _uri(api: ApiFacts, function: FunctionFacts) -> str:
    """The URI of the integration that leads to a function; empty without one."""
    return next((uri for uri in api.integrations.values() if target_of(uri)[0] == function.name), "")


def _live_url(api: ApiFacts, function: FunctionFacts) -> str:
    """The address of the stage that invokes `live`; the setting's name where there is none."""
    for uri in api.integrations.values():
        for stage, variables in api.stages.items():
            if target_of(uri)[0] == function.name and qualifier_of(uri, variables) == LIVE:
                return api.endpoint if stage == "$default" else f"{api.endpoint}/{stage}"
    return API


def target_of(uri: str) -> tuple[str, str]:
    """Function and qualifier of an integration's URI, stage variables not yet put in; empty for another target."""
    found = _TARGET.search(uri)
    return (found[1], found[2] or "") if found else ("", "")


def qualifier_of(uri: str, variables: Mapping[str, str]) -> str:
    """The qualifier that an integration leads to in a stage with these variables."""
    return _VARIABLE.sub(lambda match: variables.get(match[1], ""), target_of(uri)[1])
