"""What one value of `tidegate.yaml` demands of another: references, placeholders, patterns, cycles. Pure."""

import difflib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from tidegate.config.database_check import check_database, database_names
from tidegate.config.document import ActionsSection, FunctionSection, PipelineFile, SmokeSection, TestSection
from tidegate.config.finding import Finding, seconds
from tidegate.config.problems import Path, nearest
from tidegate.model.changes import PatternError, check_pattern, check_patterns
from tidegate.model.finding import Check

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.-]*)\}")
_MISTAKEN = ("env", "environment", "stage")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
_GITHUB_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
_OLDEST_PYTHON = (3, 11)
_SHELL_WORDS = frozenset({"&&", "||", "|", ";", ">", ">>", "<", "&"})
_LAMBDA_TIMEOUT_SECONDS = 900


def check(file: PipelineFile) -> Iterator[Finding]:
    """Yield everything that is wrong with a file whose shape is right."""
    yield from _names(file)
    yield from _patterns(file)
    yield from _references(file)
    yield from _placeholders(file)
    for key, function in file.functions.items():
        yield from _function(("functions", key), function)
    if file.site:
        yield from _command(("site", "install"), file.site.install)
        yield from _command(("site", "build"), file.site.build)
    for duty, limit in file.timeouts.model_dump(by_alias=True, exclude_none=True).items():
        if seconds(limit) == 0:
            yield Finding(("timeouts", duty), "a job cannot end in no time", "write for example '30m'")
    for index, accepted in enumerate(file.doctor.accept):
        if accepted.check not in set(Check):
            path = ("doctor", "accept", index, "check")
            yield Finding(path, f"the doctor has no check {accepted.check!r}", nearest(accepted.check, map(str, Check)))
    yield from check_database(file)
    if file.actions:
        yield from _actions(file, file.actions)
    yield from _environments(file)
    for name, environment in file.environments.items():
        if environment.approvers and environment.approval != "required":
            what = f"{name} has approvers and needs no approval"
            yield Finding(("environments", name, "approvers"), what, "add 'approval: required'", key=True)


def check_gates(file: PipelineFile) -> dict[str, TestSection]:
    """Return the gates that judge a commit, by the name of their job."""
    given = {"test": file.gates.test, "opa-policy": file.gates.opa_policy, "terratest": file.gates.terratest}
    return {name: gate for name, gate in given.items() if gate is not None}


def _names(file: PipelineFile) -> Iterator[Finding]:
    """Names become parts of job names, file names and variables."""
    named: dict[str, Iterable[str]] = {
        "components": file.components,
        "images": file.images,
        "functions": file.functions,
        "environments": file.environments,
    }
    for section, names in named.items():
        for name in names:
            if not _NAME.fullmatch(name):
                what = f"{name!r} cannot be a name"
                yield Finding((section, name), what, "use small letters, digits, '-' and '_'", key=True)
    for name in file.environments:
        if file.site and f"{name}-frontend" in file.environments:
            what = f"deploy-{name}-frontend would be two jobs: this environment's, and that of the site in {name}"
            yield Finding(("environments", f"{name}-frontend"), what, "give it another name", key=True)
    for key, function in file.functions.items():
        given: list[tuple[Path, str]] = [(("environment", name), name) for name in function.environment]
        outside: list[tuple[Path, str]] = [(("runtime", index), name) for index, name in enumerate(function.runtime)]
        for below, variable in (*given, *outside):
            if not _VARIABLE.fullmatch(variable):
                what = f"{variable!r} cannot name an environment variable"
                path = ("functions", key, *below)
                yield Finding(path, what, "use letters, digits and '_'", key=below[0] == "environment")


def _patterns(file: PipelineFile) -> Iterator[Finding]:
    lists: dict[Path, list[str]] = {("components", name): patterns for name, patterns in file.components.items()}
    for path, patterns in {("ignore",): file.ignore, **lists}.items():
        wrong = False
        for index, pattern in enumerate(patterns):
            try:
                check_pattern(pattern)
            except PatternError as error:
                wrong = True
                yield Finding((*path, index), error.what, error.what_next)
        if not wrong:
            try:
                check_patterns(patterns)
            except PatternError as error:
                yield Finding((*path, 0), error.what, error.what_next)


def _references(file: PipelineFile) -> Iterator[Finding]:
    for path, name, kind, known in _all_references(file):
        if name not in known:
            yield Finding(
                path, f"no {kind} is called {name!r}", nearest(name, known) if known else f"declare the {kind} first"
            )
    if file.site and file.site.api in file.functions and not file.functions[file.site.api].api:
        what_next = f"add 'api: true' to functions.{file.site.api}"
        yield Finding(("site", "api"), f"function {file.site.api!r} has no HTTP API", what_next)


def _all_references(file: PipelineFile) -> Iterator[tuple[Path, str, str, Mapping[str, object]]]:
    """Yield (where it stands, the name, what kind of thing it names, all things of that kind)."""
    for path, components in _component_lists(file).items():
        for index, name in enumerate(components):
            yield (*path, index), name, "component", file.components
    for key, function in file.functions.items():
        yield ("functions", key, "image"), function.image, "image", file.images
        if function.queue is not None:
            yield ("functions", key, "queue"), function.queue, "queue", file.resources.queues
        for index, smoke in enumerate(function.smoke):
            if smoke.seed:
                path = ("functions", key, "smoke", index, "seed", "bucket")
                yield path, smoke.seed.bucket, "bucket", file.resources.buckets
    if file.site and file.site.api is not None:
        yield ("site", "api"), file.site.api, "function", file.functions
    for name, environment in file.environments.items():
        if environment.after is not None:
            yield ("environments", name, "after"), environment.after, "environment", file.environments


def _component_lists(file: PipelineFile) -> dict[Path, list[str]]:
    lists: dict[Path, list[str]] = {
        ("images", key, "components"): image.components for key, image in file.images.items()
    }
    if file.site:
        lists["site", "components"] = file.site.components
    if file.database:
        lists["database", "components"] = file.database.components
    for name, gate in check_gates(file).items():
        lists["gates", name, "components"] = gate.components
    return lists


def _placeholders(file: PipelineFile) -> Iterator[Finding]:
    names: list[tuple[Path, str, bool]] = [
        (("functions", key, "name"), one.name, False) for key, one in file.functions.items()
    ]
    names += [(("resources", "tables", name), name, True) for name in file.resources.tables]
    names += [(("resources", "queues", key), name, False) for key, name in file.resources.queues.items()]
    names += [(("resources", "buckets", key), name, False) for key, name in file.resources.buckets.items()]
    names += [(("resources", "secrets", key), name, False) for key, name in file.resources.secrets.items()]
    if file.site:
        names.append((("site", "bucket"), file.site.bucket, False))
    if file.database:
        names += [(("database", *path), name, False) for path, name in database_names(file.database).items()]
    for path, text, key in names:
        unknown = [placeholder for placeholder in _PLACEHOLDER.findall(text) if placeholder != "env"]
        if unknown:
            yield Finding(path, f"unknown placeholder {{{unknown[0]}}}", "the only one is {env}", key)
        elif "{env}" not in text and len(file.environments) > 1:
            what = f"{text!r} is the same in all {len(file.environments)} environments"
            yield Finding(path, what, f"write for example '{text}-{{env}}'", key)
    for key_, function in file.functions.items():
        for variable, value in function.environment.items():
            for placeholder in _PLACEHOLDER.findall(value):
                # other braces may be meant for the function itself, such as a log format
                if placeholder != "env" and difflib.get_close_matches(placeholder.lower(), _MISTAKEN, cutoff=0.75):
                    path = ("functions", key_, "environment", variable)
                    yield Finding(path, f"unknown placeholder {{{placeholder}}}", "the only one is {env}")


def _function(path: Path, function: FunctionSection) -> Iterator[Finding]:
    if not 0 < seconds(function.timeout) <= _LAMBDA_TIMEOUT_SECONDS:
        yield Finding((*path, "timeout"), f"Lambda allows 1s to 15m, not {function.timeout}", "write for example '30s'")
    for index, smoke in enumerate(function.smoke):
        yield from _smoke((*path, "smoke", index), smoke)


def _smoke(path: Path, smoke: SmokeSection) -> Iterator[Finding]:
    if (smoke.get is None) == (smoke.event is None):
        what = "a smoke test has either 'get' or 'event'"
        yield Finding(path, f"{what}, not both" if smoke.get else what, "give exactly one of them")
    if not smoke.expect.model_fields_set:
        yield Finding(
            (*path, "expect"), "a smoke test that expects nothing proves nothing", "give 'status', 'json' or both"
        )
    if smoke.event is not None and smoke.expect.status is not None:
        what = "an event is answered without an HTTP status"
        yield Finding((*path, "expect", "status"), what, "expect 'json', or use 'get'")


def _actions(file: PipelineFile, actions: ActionsSection) -> Iterator[Finding]:
    """What would not mean the same in a workflow file, where branches are patterns and `${{ }}` is computed."""
    supply = actions.tidegate
    for key, folder in (("requirements", supply.requirements), ("path", supply.path)):
        if folder is not None and ".." in folder.split("/"):
            yield Finding(("actions", "tidegate", key), f"{folder!r} leads out of the repository", "name one inside it")
    if tuple(map(int, actions.python.split("."))) < _OLDEST_PYTHON:
        yield Finding(
            ("actions", "python"), f"Tidegate does not run on Python {actions.python}", "write '3.11' or newer"
        )
    if not _BRANCH.fullmatch(file.branch):
        what = f"{file.branch!r} would be a pattern in a workflow file"
        yield Finding(("branch",), what, "use letters, digits, '.', '_', '-' and '/'")
    named: dict[Path, str | None] = {("actions", "github"): actions.github}
    named |= {("environments", name, "github"): one.github for name, one in file.environments.items()}
    for path, name in named.items():
        if name is not None and not _GITHUB_ENVIRONMENT.fullmatch(name):
            what = f"{name!r} cannot stand in a workflow file"
            yield Finding(path, what, "use letters, digits, spaces, '.', '_' and '-'")


def _command(path: Path, command: str) -> Iterator[Finding]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        yield Finding(path, f"not a command line: {str(error).lower()}", "close the quotation")
        return
    shell = _SHELL_WORDS.intersection(words)
    if shell:
        yield Finding(path, f"{min(shell)!r} needs a shell, and this command runs without one", "put it into a script")


def _environments(file: PipelineFile) -> Iterator[Finding]:
    """Find each cycle once, at the member that the file names first."""
    reported: set[str] = set()
    for start in file.environments:
        walked: list[str] = []
        name: str | None = start
        while name is not None and name in file.environments and name not in walked:
            walked.append(name)
            name = file.environments[name].after
        if name is not None and name == start and not reported.intersection(walked):
            reported.update(walked)
            circle = " after ".join([*walked, start])
            what_next = "one environment must come first, without 'after'"
            yield Finding(("environments", start, "after"), f"environments wait for each other: {circle}", what_next)
