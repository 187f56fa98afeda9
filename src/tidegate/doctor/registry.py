"""Repositories: tags that cannot be moved, and lifecycle rules that keep what is live and the way back."""

from collections.abc import Iterator

from tidegate.doctor.judged import Case, command, error, warning
from tidegate.doctor.lifecycle import endangered, rules_of
from tidegate.model.facts import KEEPING_LIFECYCLE, RepositoryFacts
from tidegate.model.finding import Check, Finding


def judge_registry(case: Case) -> Iterator[Finding]:
    """Yield what may take an image away, or put another one in its place."""
    for name, facts in case.facts.repositories.items():
        if facts is None:
            create = ("aws", "ecr", "create-repository", "--repository-name", name)
            mend = command(*create, "--image-tag-mutability", "IMMUTABLE")
            yield error(Check.REGISTRY, f"repository {name} does not exist", name, mend)
            continue
        if facts.mutability != "IMMUTABLE":
            put = ("aws", "ecr", "put-image-tag-mutability", "--repository-name", name)
            what = f"tags of repository {name} can be moved to other images: it is {facts.mutability}"
            yield error(Check.REGISTRY, what, name, command(*put, "--image-tag-mutability", "IMMUTABLE"))
        yield from _lifecycle(case, name, facts)


def _lifecycle(case: Case, name: str, facts: RepositoryFacts) -> Iterator[Finding]:
    put = ("aws", "ecr", "put-lifecycle-policy", "--repository-name", name)
    keep = command(*put, "--lifecycle-policy-text", KEEPING_LIFECYCLE)
    there = {image.digest for image in facts.images}
    rules = rules_of(facts.lifecycle) if facts.lifecycle else ()
    if not facts.lifecycle:
        yield warning(Check.LIFECYCLE, f"nothing that repository {name} holds ever expires", name, keep)
    elif rules is None:
        yield error(Check.LIFECYCLE, f"the lifecycle policy of {name} cannot be understood", name, keep)
    for image in case.facts.protected:
        if image.repository != name:
            continue
        if image.digest not in there:
            what = f"image {image.digest[:19]} is gone from {name}, and it is {image.why}"
            # Nothing brings an image back by its digest but a push of the same layers: a new release takes its place.
            yield error(Check.WAY_BACK, what, name, keep, "tidegate run")
        elif why := endangered(rules or (), facts.images, image.digest):
            what = f"image {image.digest[:19]} of {name} is {image.why}, and {why}"
            yield error(Check.LIFECYCLE, what, name, keep)
