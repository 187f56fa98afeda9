"""Planted bugs: small changes of the product that break a promise, to show that the simulation finds them.

Each is a replacement in one module's source, made while the module is imported. Only a process of its own is ever run
with one: `python -m tests.simulation --plant NAME`.
"""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from types import CodeType, ModuleType
from typing import ClassVar

from tests.simulation.promise import BACK, EVIDENCE, ONCE, REPORT, UNTESTED, WHOLE


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug.

    Attributes:
        name: What it is called.
        what: What the product does wrong with it.
        finds: The promise that is seen broken.
        module: The module that it is in.
        old: Source that must be there.
        new: What stands there instead.
        more: Further (old, new) of the same module.
    """

    name: str
    what: str
    finds: str
    module: str
    old: str
    new: str
    more: tuple[tuple[str, str], ...] = ()


PLANTS = (
    Plant(
        "publish-without-digest",
        "PublishVersion takes whatever `$LATEST` holds, as the reference does",
        WHOLE,
        "tidegate.targets.functions",
        "        if latest.digest != step.digest:",
        "        if False:",
        (
            ("            nonlocal revision\n", "            nonlocal revision, latest\n"),
            ("            revision = again.revision\n", "            revision, latest = again.revision, again\n"),
            ("step.digest, revision, self.note)", "latest.digest, revision, self.note)"),
        ),
    ),
    Plant(
        "alias-before-smoke",
        "live aliases move before the candidate is smoke-tested",
        UNTESTED,
        "tidegate.execute.deploy",
        "    asked = dict.fromkeys(",
        "    await promote_functions(shop, job, {})\n    asked = dict.fromkeys(",
    ),
    Plant(
        "way-back-late",
        "the way back is recorded when the environment is live",
        BACK,
        "tidegate.execute.environment",
        "            shop.ledger.record_intent(environment, shop.run, release, pointers, unproven=unproven, by=by)\n",
        "            pass\n",
    ),
    Plant(
        "way-back-unproven",
        "what would be returned to is not smoke-tested",
        BACK,
        "tidegate.execute.environment",
        "    if view.live == shop.release().id:\n        return\n    duties",
        "    return\n    duties",
    ),
    Plant(
        "take-over-without-bump",
        "whoever takes a lock over does not change the pointers' revisions",
        ONCE,
        "tidegate.execute.lock",
        "    snapshot = await observe(shop, environment)\n    await functions.fence(",
        "    return\n    snapshot = await observe(shop, environment)\n    await functions.fence(",
    ),
    Plant(
        "lock-not-held",
        "a write does not ask whether its environment is still held",
        ONCE,
        "tidegate.ledger.environments",
        "        locks.must_hold(self.environment(env), run, holder)\n",
        "        return\n",
    ),
    Plant(
        "lock-shared",
        "a run gets an environment that another one holds",
        ONCE,
        "tidegate.ledger.locks",
        "    if lock and lock.run != run and now < lock.lease_until:",
        "    if False:",
    ),
    Plant(
        "empty-metric",
        "end-to-end tests of which none ran are a success",
        UNTESTED,
        "tidegate.gates.command",
        "    if ran == 0:",
        "    if False:",
    ),
    Plant(
        "empty-gate",
        "a gate without a measurement is a success",
        UNTESTED,
        "tidegate.gates.judge",
        "    if not blocking:\n        return Verdict.INCONCLUSIVE",
        "    if True:\n        return Verdict.SUCCESSFUL",
    ),
    Plant(
        "skew-untested",
        "the mixed pairs are not tested",
        WHOLE,
        "tidegate.execute.skew",
        "    if was is None or was.site is None:",
        "    if True:",
    ),
    Plant(
        "half-put-back",
        "functions are put back, and the site is not",
        REPORT,
        "tidegate.execute.put_back",
        "        away[SITE] = bundle\n",
        "        pass\n",
    ),
    Plant(
        "one-look",
        "an environment is called put back after one look, which may be stale",
        REPORT,
        "tidegate.execute.put_back",
        "        if look and not away:",
        "        if not away:",
    ),
    Plant(
        "over-a-person",
        "what a person moved while a run was under way is promoted over",
        BACK,
        "tidegate.execute.promote",
        "    if told:\n        raise Moved(",
        "    if False:\n        raise Moved(",
    ),
    Plant(
        "pin-ignored",
        "a run deploys to an environment that a person rolled back",
        BACK,
        "tidegate.execute.environment",
        "    if view.pinned is not None:",
        "    if False:",
    ),
    Plant(
        "rollback-unpinned",
        "a person's rollback does not pin",
        BACK,
        "tidegate.execute.rollback",
        "    shop.ledger.pin(environment, getpass.getuser(), job.reason)\n",
        "",
    ),
    Plant(
        "half-live",
        "an environment is called live without looking at it",
        REPORT,
        "tidegate.execute.environment",
        "    if lag := observe_lag(shop, snapshot):",
        "    if (lag := observe_lag(shop, snapshot)) and False:",
    ),
    Plant(
        "rehearsal-ignored",
        "a migration is applied that what is live failed on when it was rehearsed",
        BACK,
        "tidegate.execute.rehearsal",
        "    if judge(measurements) is not Verdict.SUCCESSFUL:",
        "    measurements = []\n    if False:",
    ),
    Plant(
        "approval-assumed",
        "nobody's approval is waited for",
        EVIDENCE,
        "tidegate.execute.approval",
        "    if approval.decision is None:",
        "    if approval.decision is None:\n        return JobReport(Phase.SUCCEEDED)\n    if False:",
    ),
    Plant(
        "eligibility-ignored",
        "an environment gets what the one before it does not prove any more",
        WHOLE,
        "tidegate.ledger.eligibility",
        '    missing = lack(before, release) if before else ""\n',
        '    missing = ""\n',
    ),
)


def plant(bug: Plant) -> None:
    """Break the product of this process; before any of it is imported.

    Raises:
        ValueError: When the module is imported already, or what is to be replaced is not in it.
    """
    if bug.module in sys.modules:
        raise ValueError(f"{bug.module} is imported already")
    _Finder.planted[bug.module] = bug
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    planted: ClassVar[dict[str, Plant]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        bug = self.planted.get(fullname)
        if bug is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = _Loader(bug, fullname, spec.origin)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, bug: Plant, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._bug = bug

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        for old, new in ((self._bug.old, self._bug.new), *self._bug.more):
            if source.count(old) != 1:
                raise ValueError(f"{self._bug.name}: what it replaces is not in {fullname} once: {old}")
            source = source.replace(old, new)
        return compile(source, self.path, "exec", dont_inherit=True)
