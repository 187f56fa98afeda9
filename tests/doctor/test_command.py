import json
import subprocess
import sys

import pytest

from tests.doctor.conftest import TEXT, Patient

GROUP = "/aws/lambda/shop-api-prod"
ACCEPT = "doctor: {accept: [{check: logs, where: '/aws/lambda/shop-api-{env}', reason: the auditors want them all}]}\n"


def tidegate(patient: Patient, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tidegate", "--repo", str(patient.project.folder), "--home"]
    return subprocess.run(
        [*command, str(patient.project.home.root), *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def kept_for_ever(patient: Patient) -> Patient:
    patient.client("logs").delete_retention_policy(logGroupName=GROUP)
    return patient


def test_a_sound_environment_is_told_as_that(kept_for_ever: Patient) -> None:
    done = tidegate(kept_for_ever, "doctor", "dev")
    assert (done.returncode, done.stdout) == (0, "dev: sound\n"), done.stderr


def test_errors_of_any_environment_end_with_one(kept_for_ever: Patient) -> None:
    done = tidegate(kept_for_ever, "doctor")
    assert done.returncode == 1, done.stderr
    assert "dev: sound\nprod: 1 error\n" in done.stdout
    assert f"$ aws logs put-retention-policy --log-group-name {GROUP} --retention-in-days 30" in done.stdout


def test_json_and_markdown(kept_for_ever: Patient) -> None:
    [finding] = json.loads(tidegate(kept_for_ever, "doctor", "prod", "--json").stdout)["prod"]
    assert (finding["check"], finding["where"], finding["blocks"]) == ("logs", GROUP, True)
    told = tidegate(kept_for_ever, "doctor", "prod", "--markdown")
    assert told.returncode == 1
    assert f"| error | logs | `{GROUP}` |" in told.stdout


def test_what_is_accepted_is_shown(kept_for_ever: Patient) -> None:
    file = kept_for_ever.project.folder / "tidegate.yaml"
    file.write_text(TEXT + ACCEPT, encoding="utf-8")
    try:
        done = tidegate(kept_for_ever, "doctor", "prod")
    finally:
        file.write_text(TEXT, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("prod: sound (1 accepted)\n  accepted logs")
    assert "accepted: the auditors want them all" in done.stdout


def test_what_is_accepted_and_not_there_is_told(patient: Patient) -> None:
    file = patient.project.folder / "tidegate.yaml"
    file.write_text(TEXT + ACCEPT.replace("check: logs", "check: alarms"), encoding="utf-8")
    try:
        done = tidegate(patient, "doctor")
    finally:
        file.write_text(TEXT, encoding="utf-8")
    assert "doctor.accept names alarms /aws/lambda/shop-api-{env}, and nothing of it was found" in done.stdout


def test_an_environment_that_there_is_not(patient: Patient) -> None:
    done = tidegate(patient, "doctor", "production")
    assert done.returncode == 2
    assert "name one of dev, prod" in done.stderr
