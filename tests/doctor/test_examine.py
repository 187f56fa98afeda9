from dataclasses import replace
from pathlib import Path

import pytest

from tests.doctor.cases import FUNCTION, PIPELINE, SOUND, TEXT, only, parsed, with_function
from tidegate.doctor.drift import judge_drift
from tidegate.doctor.examine import examine
from tidegate.doctor.report import markdown
from tidegate.doctor.unseen import READS
from tidegate.errors import ConfigError
from tidegate.model.facts import Identity, Unseen
from tidegate.model.release import Artifact, Release
from tidegate.model.snapshot import Alias, FunctionSnapshot, SitePointer, SiteSnapshot, Snapshot, Version

ACCEPT = "doctor: {accept: [{check: tracing, where: '%s', reason: too dear}]}\n"
UNTRACED = with_function(replace(FUNCTION, tracing="PassThrough"))
GOOD, BAD = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


@pytest.mark.parametrize(("where", "accepted"), [("api-{env}", True), ("*", True), ("api-prod", False)])
def test_what_is_accepted_is_shown_and_does_not_block(where: str, accepted: bool) -> None:
    finding = only(UNTRACED, parsed(TEXT + ACCEPT % where))
    assert (finding.check, finding.accepted, finding.blocks) == (
        "tracing",
        "too dear" if accepted else "",
        not accepted,
    )


def test_a_check_that_does_not_exist_cannot_be_accepted() -> None:
    with pytest.raises(ConfigError, match="did you mean 'tracing'"):
        parsed(TEXT + (ACCEPT % "*").replace("tracing", "trace"))


def test_what_could_not_be_looked_at_blocks() -> None:
    finding = only(replace(SOUND, alarmed=None, unseen=(Unseen("the alarms", "DescribeAlarms was refused"),)))
    assert finding.check == "unseen"
    assert finding.blocks


def test_a_trust_policy_that_could_not_be_looked_at_is_told_and_does_not_block() -> None:
    finding = only(replace(SOUND, unseen=(Unseen("the trust policy", "GetRole was refused", matters=False),)))
    assert (finding.check, finding.severity, finding.blocks) == ("unseen", "warning", False)


@pytest.mark.parametrize(
    ("arn", "begins"),
    [
        ("arn:aws:sts::123456789012:assumed-role/deploy/x", "aws iam put-role-policy --role-name deploy "),
        ("arn:aws:iam::123456789012:user/team/ann", "aws iam put-user-policy --user-name ann "),
        ("arn:aws:iam::123456789012:root", ""),
    ],
)
def test_who_may_not_look_is_permitted_what_the_docs_list(arn: str, begins: str) -> None:
    settings = replace(SOUND.settings, role="")
    facts = replace(SOUND, settings=settings, identity=Identity("123456789012", arn), unseen=(Unseen("it", "no"),))
    mend = only(facts).mend
    assert bool(mend) is bool(begins)
    assert all(line.startswith(begins) for line in mend)
    documented = (Path(__file__).parents[2] / "docs/cli.md").read_text(encoding="utf-8")
    assert [action for action in READS if f"`{action}`" not in documented] == []


@pytest.mark.parametrize("where", ["API a1", "the policy of function api-dev"])
def test_an_api_that_could_not_be_looked_at_is_not_taken_for_none(where: str) -> None:
    facts = replace(SOUND, apis=(), unseen=(Unseen(where, "it was refused"),))
    assert [one.check.value for one in examine(PIPELINE, facts)] == ["unseen"]


def test_markdown_cannot_be_broken_by_what_it_tells() -> None:
    finding = replace(only(UNTRACED), what="a | b <script>\nc", accepted="so | what")
    told = markdown({"dev": [finding], "prod": []})
    assert "a \\| b &lt;script> c (accepted: so \\| what)" in told
    assert "### Doctor: prod\n\nNothing is wrong." in told
    assert "```sh" not in told
    assert "```sh\naws lambda update-function-configuration" in markdown({"dev": [only(UNTRACED)]})


def snapshot(digest: str = GOOD, shown: str = GOOD, **weights: float) -> Snapshot:
    latest = Version("$LATEST", GOOD, "c", "r")
    live = Alias("live", "3", "r", {name.removeprefix("v"): share for name, share in weights.items()})
    function = FunctionSnapshot("api-dev", latest, {"live": live}, {"3": Version("3", digest, "c", "r")})
    pointer = SitePointer("EAPP", "d0", shown, "e")
    return Snapshot("dev", {"api": function}, SiteSnapshot(pointer, pointer))


@pytest.mark.parametrize(
    ("seen", "where", "mend"),
    [
        (snapshot(), [], ""),
        (snapshot(digest=BAD), ["api-dev"], "--function-version 7 "),
        (snapshot(v4=0.1), ["api-dev"], "--function-version 3 --routing-config 'AdditionalVersionWeights={}'"),
        (snapshot(shown=BAD), ["EAPP"], "tidegate run --commit c1"),
    ],
)
def test_drift(seen: Snapshot, where: list[str], mend: str) -> None:
    release = Release("r1", "c1", "1", 0.0, {"backend": Artifact("backend", GOOD, "c1", "shop")}, _site(), "")
    findings = list(judge_drift(PIPELINE, release, {"api": "7"}, seen))
    assert [one.where for one in findings] == where
    assert all(mend in one.mend[0] for one in findings)


def _site() -> Artifact:
    return Artifact("site", GOOD, "c1", "releases/x")


def test_every_finding_of_a_ruin_has_a_command_or_says_that_nobody_could_look() -> None:
    ruin = replace(UNTRACED, groups={"g": None}, alarmed=frozenset(), secrets={"s": False}, repositories={"shop": None})
    findings = examine(PIPELINE, ruin)
    assert len(findings) == 5
    assert all(one.mend for one in findings)
