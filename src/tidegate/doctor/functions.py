"""Functions: there, with the variables that they need and no copied secret; traced, and invoked by an alias."""

import re
from collections.abc import Iterator

from tidegate.doctor.api import LATEST, LIVE
from tidegate.doctor.judged import Case, command, error
from tidegate.model.database import VARIABLES
from tidegate.model.facts import FunctionFacts, Invoker, Via
from tidegate.model.finding import Check, Finding
from tidegate.model.pipeline import FunctionSpec, expand

CANDIDATE = "candidate"
_SECRET = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASSPHRASE|PWD|TOKEN|SECRET|CREDENTIALS?|APIKEY|"
    r"(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|AUTH|SECRET)_KEY)(_|$)"
)
_REFERENCE = re.compile(r"_(NAME|ARN|ID|PARAMETER|PATH|FILE|URL|TABLE|QUEUE|BUCKET|TTL|LIMIT|SECONDS)$")


def judge_functions(case: Case) -> Iterator[Finding]:
    """Yield what is wrong with each function of the pipeline."""
    for key, facts in case.facts.functions.items():
        spec = case.pipeline.functions[key]
        if facts is None:
            if not spec.optional:
                name = expand(spec.name, case.facts.environment)
                yield error(Check.FUNCTION, f"function {name} does not exist", name, "terraform apply")
            continue
        yield from _variables(spec, facts)
        if facts.tracing != "Active":
            mend = ("aws", "lambda", "update-function-configuration", "--function-name", facts.name)
            what = f"X-Ray does not trace {facts.name}: its mode is {facts.tracing}"
            yield error(Check.TRACING, what, facts.name, command(*mend, "--tracing-config", "Mode=Active"))
        for invoker in facts.invokers or ():
            if invoker.qualifier in {"", LATEST}:
                yield _unqualified(facts, invoker)
        yield from _grants(facts)


def judge_secrets(case: Case) -> Iterator[Finding]:
    """Yield secrets that functions read by name and that do not exist."""
    for name, exists in case.facts.secrets.items():
        if not exists:
            mend = ("aws", "secretsmanager", "create-secret", "--name", name)
            what = f"secret {name} does not exist, and functions read it by that name"
            yield error(Check.SECRET, what, name, command(*mend, "--secret-string", "file://SECRET"))


def is_copied_secret(variable: str) -> bool:
    """Whether a variable's name says that it holds a secret, and not where one is kept."""
    name = variable.upper()
    return _SECRET.search(name) is not None and _REFERENCE.search(name) is None


def _variables(spec: FunctionSpec, facts: FunctionFacts) -> Iterator[Finding]:
    given = dict.fromkeys((*spec.environment, *spec.runtime, *(VARIABLES if spec.database else ())))
    for variable in given:
        if variable not in facts.variables:
            what = f"{facts.name} has no variable {variable}"
            yield error(Check.VARIABLES, what, f"{facts.name} {variable}", "terraform apply")
    for variable in facts.variables:
        if is_copied_secret(variable) and variable not in facts.references:
            what = (
                f"{variable} looks like a secret that was copied into the configuration of {facts.name}: each version"
                " freezes it, so changing the secret would end the way back"
            )
            secret = f"{facts.name}-{variable.lower().replace('_', '-')}"
            yield error(
                *(Check.COPIED_SECRET, what, f"{facts.name} {variable}"),
                command(
                    *("aws", "secretsmanager", "create-secret", "--name", secret),
                    *("--secret-string", f"file://{variable}"),
                ),
                f"terraform apply # with {variable}_SECRET_NAME = {secret} in the place of {variable}",
            )


def _unqualified(facts: FunctionFacts, invoker: Invoker) -> Finding:
    """What invokes `$LATEST`, which holds whatever was put there last."""
    alias = CANDIDATE if invoker.source.endswith(f"-{CANDIDATE}") else LIVE
    target = f"{facts.arn}:{alias}"
    mend: tuple[str, ...]
    match invoker.via:
        case Via.URL:
            mend = _url(facts, invoker, alias)
        case Via.SOURCE:
            update = ("aws", "lambda", "update-event-source-mapping", "--uuid", invoker.id)
            mend = (command(*update, "--function-name", target),)
        case Via.RULE:
            mend = _rule(facts, invoker, target, alias)
    what = f"{invoker.via} {invoker.source} invokes {facts.name} without an alias: it serves untested code"
    return error(Check.UNQUALIFIED, what, facts.name, *mend)


def _url(facts: FunctionFacts, invoker: Invoker, alias: str) -> tuple[str, ...]:
    """One that everybody may ask needs both permissions. AWS Lambda developer guide, "Control access …"."""
    named, to_alias = ("--function-name", facts.name), ("--function-name", facts.name, "--qualifier", alias)
    create = command("aws", "lambda", "create-function-url-config", *to_alias, "--auth-type", invoker.id)
    permit = ("aws", "lambda", "add-permission", *to_alias, "--principal", "*", "--statement-id")
    open_to_all = invoker.id == "NONE" and not any(grant.principal == "*" for grant in facts.grants.get(alias, ()))
    ask = ("--action", "lambda:InvokeFunctionUrl", "--function-url-auth-type", "NONE")
    permits = (
        command(*permit, f"url-{alias}", *ask),
        command(*permit, f"url-{alias}-invokes", "--action", "lambda:InvokeFunction", "--invoked-via-function-url"),
    )
    return (
        *(permits if open_to_all else ()),
        command("aws", "lambda", "delete-function-url-config", *named),
        f"{create} # clients need the new address",
    )


def _rule(facts: FunctionFacts, invoker: Invoker, target: str, alias: str) -> tuple[str, ...]:
    permitted = any(grant.principal == "events.amazonaws.com" for grant in facts.grants.get(alias, ()))
    permit = command(
        *("aws", "lambda", "add-permission", "--function-name", facts.name, "--qualifier", alias),
        *("--statement-id", f"events-{alias}", "--action", "lambda:InvokeFunction"),
        *("--principal", "events.amazonaws.com"),
        *("--source-arn", f"{facts.arn.partition(':lambda:')[0]}:events:{_place(facts.arn)}:rule/{invoker.source}"),
    )
    targets = f"Id={invoker.id},Arn={target}" if invoker.plain else f"file://TARGET-{invoker.id}.json"
    put = command("aws", "events", "put-targets", "--rule", invoker.source, "--targets", targets)
    show = command("aws", "events", "list-targets-by-rule", "--rule", invoker.source)
    return (*(() if permitted else (permit,)), *(() if invoker.plain else (show,)), put)


def _place(arn: str) -> str:
    """Region and account of an ARN."""
    return ":".join(arn.split(":")[3:5])


def _grants(facts: FunctionFacts) -> Iterator[Finding]:
    """Who may invoke the function itself will do so by mistake one day."""
    for grant in facts.grants.get("", ()):
        what = f"{grant.principal} may invoke {facts.name} without an alias, by statement {grant.id}"
        mend = ("aws", "lambda", "remove-permission", "--function-name", facts.name, "--statement-id", grant.id)
        yield error(Check.UNQUALIFIED, what, facts.name, command(*mend))
