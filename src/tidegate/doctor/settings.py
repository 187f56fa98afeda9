"""The settings of an environment: present, and of the right shape."""

import re
from collections.abc import Callable, Iterator

from tidegate.doctor.judged import Case, command, error
from tidegate.model.finding import Check, Finding

APP = "CLOUDFRONT_DISTRIBUTION_ID"
TEST = "CLOUDFRONT_TEST_DISTRIBUTION_ID"
TEST_DOMAIN = "CLOUDFRONT_TEST_DOMAIN"
BUCKET = "WEBAPP_BUCKET_NAME"
API = "TELEGRAM_API_URL"
SETTINGS = (APP, TEST, TEST_DOMAIN, BUCKET, API)
KEY_ID = "AWS_ACCESS_KEY_ID"
KEY = "AWS_SECRET_ACCESS_KEY"

_SHAPES: dict[str, tuple[re.Pattern[str], str]] = {
    APP: (re.compile(r"[A-Z0-9]{4,32}"), "the id of a distribution: capital letters and digits"),
    TEST: (re.compile(r"[A-Z0-9]{4,32}"), "the id of a distribution: capital letters and digits"),
    TEST_DOMAIN: (re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?"), "a bare domain, without scheme or path"),
    BUCKET: (re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"), "the name of a bucket, without s3:// or a path"),
    API: (re.compile(r"https?://[^\s/]+(/[^\s/]+)*"), "a URL with its scheme, without a slash at the end"),
}
_KEY_SHAPES = {KEY_ID: re.compile(r"[A-Z0-9]{16,128}"), KEY: re.compile(r"[A-Za-z0-9/+=]{40,}")}


def key_problem(name: str, value: str, other: str) -> str:
    """What is wrong with one of the two AWS keys, told without its value; empty when nothing is.

    Args:
        name: Of the key.
        value: The key; empty where it is not set.
        other: The other one: a role needs neither.
    """
    if not value:
        return "is not set, and its other half is" if other else ""
    if value != value.strip():
        return "has a space or a newline at an end"
    return "" if _KEY_SHAPES[name].fullmatch(value) else "does not look like an AWS key"


def judge_settings(case: Case) -> Iterator[Finding]:
    """Yield what is missing or of the wrong shape."""
    for name, problem in case.facts.settings.wrong_keys.items():
        yield error(Check.SETTINGS, f"{name} {problem}", name, _ask_secret(case, name))
    if case.pipeline.site is None:
        return
    for name in SETTINGS:
        value = case.facts.settings.values.get(name, "")
        if not value:
            why = ": without a TEST distribution nothing can be tested before users see it" if name == TEST else ""
            yield error(Check.SETTINGS, f"{name} is not set{why}", name, set_setting(case, name))
        elif problem := shape_problem(name, value):
            yield error(Check.SETTINGS, f"{name} {problem}", name, set_setting(case, name, _cleaned(name, value)))
    values = case.facts.settings.values
    if values.get(APP) and values.get(APP) == values.get(TEST):
        what = f"{TEST} names the same distribution as {APP}: tests would run on what users reach"
        yield error(Check.SETTINGS, what, TEST, set_setting(case, TEST))


def right_shape(name: str, value: str) -> bool:
    """Whether a setting has the shape of what it names."""
    return _SHAPES[name][0].fullmatch(value) is not None


def shape_problem(name: str, value: str) -> str:
    """What is wrong with the shape of a setting, told without its value; empty when nothing is, or nothing is there."""
    if name not in _SHAPES or not value or right_shape(name, value):
        return ""
    return f"{_wrong(name, value)}; it must be {_SHAPES[name][1]}"


def set_setting(case: Case, name: str, value: str = "VALUE") -> str:
    """The command that gives a setting a value, where this environment's settings are kept.

    A file gets a new last line: of two lines with one name, the last counts. `VALUE` is for a person to fill in.
    """
    if case.facts.settings.file:
        return f"{command('echo', f'{name}={value}')} >> {command(case.facts.settings.file)}"
    return command("gh", "secret", "set", name, "--env", case.github, "--body", value)


def _ask_secret(case: Case, name: str) -> str:
    """A command that asks for the value, so that it is in no shell's history."""
    return command("gh", "secret", "set", name, "--env", case.github)


def _wrong(name: str, value: str) -> str:
    """What is wrong with a shape, told without the value: a secret may have been put into the wrong place."""
    if value != value.strip():
        return "has a space or a newline at an end"
    if any(character.isspace() for character in value):
        return "holds white space"
    if name == API and "://" not in value:
        return "has no scheme"
    if name != API and "://" in value:
        return "has a scheme"
    return "ends with a slash" if value.endswith("/") else "has another shape"


def _cleaned(name: str, value: str) -> str:
    """The value as it was probably meant, or what a person has to fill in."""
    cleaners: dict[str, Callable[[str], str]] = {
        TEST_DOMAIN: _domain,
        BUCKET: lambda text: text.removeprefix("s3://").partition("/")[0],
        API: lambda text: text.rstrip("/"),
    }
    cleaned = cleaners.get(name, str)(value.strip())
    return cleaned if right_shape(name, cleaned) else "VALUE"


def _domain(text: str) -> str:
    return text.rpartition("://")[2].partition("/")[0].lower()
