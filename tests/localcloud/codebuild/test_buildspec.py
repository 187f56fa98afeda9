"""Reading buildspecs."""

import pytest

from tidegate.localcloud.codebuild.build import Kind, OnFailure, PhaseType, Variable
from tidegate.localcloud.codebuild.buildspec import BuildspecError, Commands, read_buildspec

WHOLE = """
version: 0.2
env:
  shell: bash
  variables: {COLOR: blue, PORT: 5432, FAST: true}
  parameter-store: {LEVEL: /tests/level}
  secrets-manager: {PASSWORD: "aurora:password"}
phases:
  install:
    runtime-versions: {python: 3.11}
    commands: [pip install pytest]
  build:
    on-failure: ABORT
    commands:
      - pytest tests/vpc
    finally:
      - echo done
artifacts:
  files: ["**/*"]
"""


def test_a_whole_one() -> None:
    spec = read_buildspec(WHOLE)
    assert spec.shell == "bash"
    assert spec.variables == (
        Variable("COLOR", "blue"),
        Variable("PORT", "5432"),
        Variable("FAST", "true"),
        Variable("LEVEL", "/tests/level", Kind.PARAMETER_STORE),
        Variable("PASSWORD", "aurora:password", Kind.SECRETS_MANAGER),
    )
    assert spec.phases[PhaseType.INSTALL] == Commands(("pip install pytest",))
    assert spec.phases[PhaseType.BUILD] == Commands(("pytest tests/vpc",), ("echo done",), OnFailure.ABORT)
    assert spec.left_out == ("artifacts",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 0.2\nphases: [", "YAML_FILE_ERROR"),
        ("- a\n- b", "not a mapping"),
        ("version: 0.1\nphases: {build: {commands: [make]}}", "version 0.1"),
        ("phases: {build: {commands: [make]}}", "version None"),
        ("version: 0.2", "at least one phase"),
        ("version: 0.2\nphases: {test: {commands: [make]}}", "unknown phases: test"),
        ("version: 0.2\nphases: {build: {commands: make}}", "not a list of texts"),
        ("version: 0.2\nphases: {build: {commands: [a: b]}}", "quotation marks"),
        ("version: 0.2\nphases: {build: {run-as: root, commands: [make]}}", "run-as"),
        ("version: 0.2\nphases: {build: {on-failure: RETRY-3, commands: [make]}}", "RETRY-3"),
        ("version: 0.2\nrun-as: root\nphases: {build: {commands: [make]}}", "run-as"),
        ("version: 0.2\nenv: {shell: pwsh}\nphases: {build: {commands: [make]}}", "pwsh"),
        ("version: 0.2\nenv: {variables: {A: [1]}}\nphases: {build: {commands: [make]}}", "env/variables/A"),
        ("version: 0.2\nenv: {git-credential-helper: yes}\nphases: {build: {commands: [make]}}", "git-credential"),
    ],
)
def test_what_cannot_be_run_says_why(text: str, said: str) -> None:
    with pytest.raises(BuildspecError) as refused:
        read_buildspec(text)
    assert said in str(refused.value)
