"""Buildspec, version 0.2: YAML to frozen values. Source: AWS CodeBuild user guide, "Buildspec syntax"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tidegate.localcloud.codebuild.build import Kind, OnFailure, PhaseType, Variable

_PHASES = {
    "install": PhaseType.INSTALL,
    "pre_build": PhaseType.PRE_BUILD,
    "build": PhaseType.BUILD,
    "post_build": PhaseType.POST_BUILD,
}
_SHELLS = {"": "sh", "sh": "sh", "/bin/sh": "sh", "bash": "bash", "/bin/bash": "bash"}
_KINDS = {
    "variables": Kind.PLAINTEXT,
    "parameter-store": Kind.PARAMETER_STORE,
    "secrets-manager": Kind.SECRETS_MANAGER,
}
_ENV = frozenset({"shell", "exported-variables", *_KINDS})
# What a test does not depend on: left out, and the log says so.
_LEFT_OUT = ("artifacts", "reports", "cache", "proxy", "batch")
_PHASE = frozenset({"commands", "finally", "on-failure", "runtime-versions"})


class BuildspecError(Exception):
    """A buildspec that cannot be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Commands:
    """One phase: its commands, those that run whatever came of them, and what a failure means."""

    commands: tuple[str, ...] = ()
    at_last: tuple[str, ...] = ()
    on_failure: OnFailure | None = None


@dataclass(frozen=True, slots=True)
class Buildspec:
    """What a build does.

    Attributes:
        shell: `sh` or `bash`.
        variables: Those of its section `env`.
        left_out: Sections that this service leaves out.
    """

    phases: Mapping[PhaseType, Commands]
    shell: str = "sh"
    variables: tuple[Variable, ...] = ()
    left_out: tuple[str, ...] = ()


def read_buildspec(text: str) -> Buildspec:
    """Read a buildspec.

    Raises:
        BuildspecError: When it is no YAML, not of version 0.2, or asks for what is not emulated.
    """
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(f"YAML_FILE_ERROR: {error}") from error
    if not isinstance(content, dict):
        raise BuildspecError("YAML_FILE_ERROR: the buildspec is not a mapping")
    if str(content.get("version")) != "0.2":
        raise BuildspecError(f"YAML_FILE_ERROR: not emulated: version {content.get('version')}, only 0.2 is")
    unknown = sorted(content.keys() - {"version", "env", "phases", *_LEFT_OUT})
    if unknown:
        raise BuildspecError(f"YAML_FILE_ERROR: not known, or not emulated: {', '.join(map(str, unknown))}")
    env = _mapping(content.get("env"), "env")
    if strange := sorted(env.keys() - _ENV):
        raise BuildspecError(f"YAML_FILE_ERROR: not known, or not emulated: env/{', env/'.join(map(str, strange))}")
    left_out = tuple(name for name in _LEFT_OUT if name in content)
    return Buildspec(
        phases=_phases(_mapping(content.get("phases"), "phases")),
        shell=_shell(str(env.get("shell", ""))),
        variables=tuple(one for section, kind in _KINDS.items() for one in _variables(env, section, kind)),
        left_out=left_out + (("env/exported-variables",) if "exported-variables" in env else ()),
    )


def _phases(content: Mapping[str, Any]) -> Mapping[PhaseType, Commands]:
    if strange := sorted(content.keys() - _PHASES.keys()):
        raise BuildspecError(f"YAML_FILE_ERROR: unknown phases: {', '.join(map(str, strange))}")
    found = {_PHASES[name]: _commands(name, _mapping(given, f"phases/{name}")) for name, given in content.items()}
    if not any(phase.commands for phase in found.values()):
        raise BuildspecError("YAML_FILE_ERROR: at least one phase must have commands")
    return found


def _commands(name: str, content: Mapping[str, Any]) -> Commands:
    if strange := sorted(content.keys() - _PHASE):
        raise BuildspecError(
            f"YAML_FILE_ERROR: not known, or not emulated: phases/{name}/{', '.join(map(str, strange))}"
        )
    on_failure = content.get("on-failure")
    if on_failure is not None and on_failure not in set(OnFailure):
        raise BuildspecError(f"YAML_FILE_ERROR: not emulated: phases/{name}/on-failure: {on_failure}")
    return Commands(
        _lines(content.get("commands"), f"phases/{name}/commands"),
        _lines(content.get("finally"), f"phases/{name}/finally"),
        OnFailure(on_failure) if on_failure else None,
    )


def _shell(named: str) -> str:
    if named not in _SHELLS:
        raise BuildspecError(f"YAML_FILE_ERROR: not emulated: env/shell: {named}")
    return _SHELLS[named]


def _mapping(given: Any, where: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BuildspecError(f"YAML_FILE_ERROR: {where} is not a mapping")
    return given


def _variables(env: Mapping[str, Any], section: str, kind: Kind) -> tuple[Variable, ...]:
    given = _mapping(env.get(section), f"env/{section}")
    for name, value in given.items():
        if isinstance(value, dict | list) or value is None:
            raise BuildspecError(f"YAML_FILE_ERROR: env/{section}/{name} is not a text")
    return tuple(Variable(str(name), _text(value), kind) for name, value in given.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines(given: Any, where: str) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BuildspecError(
            f"YAML_FILE_ERROR: {where} is not a list of texts: a command that holds `: ` must stand in quotation marks"
        )
    return tuple(given)
