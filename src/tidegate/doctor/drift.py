"""Drift: what users reach is not what the ledger says."""

from collections.abc import Iterator, Mapping

from tidegate.doctor.judged import command, error
from tidegate.model.finding import Check, Finding
from tidegate.model.pipeline import Pipeline
from tidegate.model.release import Release
from tidegate.model.snapshot import Snapshot

LIVE = "live"


def judge_drift(
    pipeline: Pipeline, release: Release, versions: Mapping[str, str], snapshot: Snapshot
) -> Iterator[Finding]:
    """Yield every target that does not serve the release that is recorded as live.

    Args:
        pipeline: As the release's commit declares it.
        release: What the ledger says is live.
        versions: Function key → the version that it recorded.
        snapshot: What was seen.
    """
    back = command("tidegate", "run", "--commit", release.commit)
    for key, function in snapshot.functions.items():
        spec = pipeline.functions.get(key)
        wanted = release.images.get(spec.image) if spec else None
        live, alias = function.at(LIVE), function.aliases.get(LIVE)
        if wanted is None:
            continue
        if live is None or live.digest != wanted.digest:
            found = live.digest[:19] if live else "nothing"
            what = f"{function.name}:{LIVE} serves {found}, and {release.id} has {wanted.digest[:19]}"
            yield error(Check.DRIFT, what, function.name, _point(function.name, versions.get(key, "")) or back)
        elif alias and alias.weights:
            shares = ", ".join(f"{share:.0%} of version {version}" for version, share in alias.weights.items())
            mend = _point(function.name, alias.version)
            yield error(Check.DRIFT, f"{function.name}:{LIVE} also serves {shares}", function.name, mend)
    if release.site and snapshot.site and snapshot.site.app.release != release.site.digest:
        shown = snapshot.site.app.release[:19] or "nothing"
        what = f"APP shows {shown}, and {release.id} has {release.site.digest[:19]}"
        yield error(Check.DRIFT, what, snapshot.site.app.distribution, back)


def _point(function: str, version: str) -> str:
    """The command that moves `live` to a version, and nowhere else besides; empty when none is known."""
    move = ("aws", "lambda", "update-alias", "--function-name", function, "--name", LIVE, "--function-version", version)
    return command(*move, "--routing-config", "AdditionalVersionWeights={}") if version else ""
