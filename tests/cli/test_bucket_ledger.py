"""A run whose ledger is in a bucket, watched and decided about from another machine than those that walk it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cli.conftest import CommandLine, access, git
from tests.cli.test_dispatch import ACTIONS, NEXT, SENT, asked
from tests.doctor.conftest import TEXT, Patient, patient_of
from tests.github.fake import FakeGithub
from tidegate.model.job import Phase

BUCKET = "shop-ledger"
ASKING = TEXT.replace("prod: {after: dev}", "prod: {after: dev, approval: required}") + ACTIONS


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    with patient_of(tmp_path_factory.mktemp("product"), ASKING) as one:
        git(one.project.folder, "init", "--quiet", "--initial-branch=main")
        git(one.project.folder, "add", "tidegate.yaml")
        git(one.project.folder, "commit", "--quiet", "--message", "one")
        place = {"LocationConstraint": "ap-southeast-1"}
        one.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield one


def test_a_run_in_a_bucket(product: Patient, fake: FakeGithub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_LEDGER", f"s3://{BUCKET}")
    line = CommandLine(product.project.folder, product.project.home.root, access(fake))
    with line.project.ledger() as ledger:
        run = asked(line, ledger, ASKING)
        assert ledger.run_waits(run, ("prod",), "waits for approval of prod")
    waits = line("watch", "--exit-status")
    assert (waits.returncode, waits.stdout) == (5, "run 1 waiting: waits for approval of prod\n"), waits.stderr

    def taken_up() -> None:
        with line.project.ledger() as there:
            there.run_started(run, 1, NEXT, origin=NEXT, once=True)
            there.run_ended(run, Phase.SUCCEEDED, "live everywhere")

    fake.on_dispatch = taken_up
    done = line("approve", run, "prod", "--reason", "looks good")
    assert (done.returncode, done.stdout) == (0, "run 1 succeeded: live everywhere\n"), done.stderr
    assert fake.dispatched == SENT
    elsewhere = replace(
        line, variables=line.variables | {"TIDEGATE_LEDGER": "local", "GH_TOKEN": "", "GITHUB_TOKEN": ""}
    )
    assert elsewhere("watch", run).returncode == 2
