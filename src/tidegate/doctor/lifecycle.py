"""Which images a lifecycle policy takes away. Pure.

Source: Amazon ECR user guide, "How the lifecycle policy works": rules are evaluated in the order of their priority; an
image that matches the tagging of a rule is not expired by a later one; `imageCountMoreThan` keeps the youngest by the
moment they were pushed.
"""

import fnmatch
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.model.facts import ImageFacts

HEADROOM = 10
"""How many pushes a protected image must outlast: dev may be that far ahead of prod."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that takes images away.

    Attributes:
        status: `tagged`, `untagged` or `any`.
        prefixes: All of them must begin a tag of the image.
        patterns: All of them must match a tag of the image; `*` is wild.
        kind: `imageCountMoreThan`, or by time: `sinceImagePushed` and later kinds.
        number: Of images, or of days.
    """

    priority: int
    status: str
    prefixes: tuple[str, ...]
    patterns: tuple[str, ...]
    kind: str
    number: int

    def selects(self, image: ImageFacts) -> bool:
        """Whether the rule is about an image, by its tags."""
        if self.status == "untagged":
            return not image.tags
        if self.status == "any":
            return True
        if not image.tags:
            return False
        begun = all(any(tag.startswith(prefix) for tag in image.tags) for prefix in self.prefixes)
        return begun and all(any(fnmatch.fnmatchcase(tag, one) for tag in image.tags) for one in self.patterns)


def rules_of(policy: str) -> tuple[Rule, ...] | None:
    """The rules of a policy's text, in their order; None when the text cannot be understood.

    A rule that archives an image is no better than one that expires it: Lambda could not fetch it either.
    """
    try:
        rules = [_rule(given) for given in json.loads(policy)["rules"]]
    except (ValueError, KeyError, TypeError):
        return None
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def endangered(rules: Sequence[Rule], images: Sequence[ImageFacts], digest: str) -> str:
    """Why an image will be taken away while it may still be needed; empty when it will not.

    A rule by time takes it sooner or later. One by number must leave room for `HEADROOM` newer images.
    """
    image = next((one for one in images if one.digest == digest), None)
    rule = next((rule for rule in rules if image and rule.selects(image)), None)
    if image is None or rule is None:
        return ""
    if rule.kind != "imageCountMoreThan":
        return f"rule {rule.priority} takes it away ({rule.kind} {rule.number})"
    younger = sum(1 for one in images if rule.selects(one) and one.pushed > image.pushed)
    if younger + HEADROOM < rule.number:
        return ""
    return f"rule {rule.priority} keeps {rule.number} images, and {younger} younger ones are there already"


def _rule(given: Mapping[str, Any]) -> Rule:
    selection = given["selection"]
    return Rule(
        int(given["rulePriority"]),
        str(selection["tagStatus"]),
        tuple(selection.get("tagPrefixList", ())),
        tuple(selection.get("tagPatternList", ())),
        str(selection["countType"]),
        int(selection["countNumber"]),
    )
