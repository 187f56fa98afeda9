"""`tidegate logs` of a function of the embedded cloud."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import CommandLine, git
from tests.doctor.conftest import TEXT, Patient, patient_of


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    with patient_of(tmp_path_factory.mktemp("product"), TEXT) as one:
        git(one.project.folder, "init", "--quiet", "--initial-branch=main")
        git(one.project.folder, "add", "tidegate.yaml")
        git(one.project.folder, "commit", "--quiet", "--message", "one")
        yield one


@pytest.fixture
def line(product: Patient) -> CommandLine:
    return CommandLine(product.project.folder, product.project.home.root)


def test_a_log_is_read_on_until_somebody_ends_it(line: CommandLine, product: Patient) -> None:
    functions = product.client("lambda")
    functions.invoke(FunctionName="shop-api-dev", Qualifier="live", Payload=b"{}")
    command = [
        sys.executable,
        "-m",
        "tidegate",
        "--repo",
        str(line.repo),
        "--home",
        str(line.home),
        "logs",
        "dev",
        "api",
    ]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    assert any("1 live+candidate START RequestId" in text for text in said)
    with subprocess.Popen([*command, "--follow"], stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        assert [following.stdout.readline().rstrip("\n") for _ in said] == said
        answer = functions.invoke(FunctionName="shop-api-dev", Qualifier="candidate", Payload=b"{}")
        request = answer["ResponseMetadata"]["RequestId"]
        assert f"START RequestId: {request}" in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert following.wait(timeout=60) == 130


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("dev", "apo"), "unknown function apo"),
        (("dve", "api"), "unknown environment dve"),
        (("--job", "build", "--follow"), "`tidegate watch` follows a run"),
    ],
)
def test_what_cannot_be_shown(line: CommandLine, arguments: tuple[str, ...], told: str) -> None:
    done = line("logs", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_function_that_said_nothing(line: CommandLine) -> None:
    assert line("logs", "prod", "worker").stdout == ""
