"""EventBridge rules of the emulated services, with functions as targets, which moto itself refuses.

Every function here runs where moto's backends may be touched (`MotoServices.run`).
"""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FUNCTION_PREFIX = "arn:aws:lambda:"
MOTOS_OWN = "tidegate_moto_original"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to a function.

    Attributes:
        target_arn: The function, with the qualifier that the rule's target names.
        rule_arn: On whose behalf it is invoked.
    """

    target_arn: str
    rule_arn: str
    rule_name: str
    payload: bytes


Deliver = Callable[[Delivery], None]


class RuleDispatch:
    """Takes over what moto's rules do with a matching event, while it is installed."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._original: Callable[..., None] | None = None
        self._before: Callable[..., None] | None = None

    def install(self) -> None:
        """Have matching events of PutEvents dispatched here. Doing it twice is no matter."""
        if self._original is not None:
            return
        kind = _rule_class()
        self._before = kind.send_to_targets
        # Another cloud of this process may stand there; moto's own is behind it.
        original = self._original = getattr(self._before, MOTOS_OWN, self._before)

        def send_to_targets(rule: Any, original_event: Any, transform_input: bool = True) -> None:
            # moto lets a rule without a pattern match everything, and a disabled one as well.
            if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
                return
            if rule.event_pattern.matches_event(original_event):
                self._dispatch(original, rule, original_event, transform_input=transform_input)

        setattr(send_to_targets, MOTOS_OWN, original)
        kind.send_to_targets = send_to_targets

    def uninstall(self) -> None:
        """Put back what stood there before."""
        if self._original is None:
            return
        _rule_class().send_to_targets = self._before
        self._original = self._before = None

    def fire(self, account: str, region: str, arn: str, event_id: str, now: float) -> None:
        """Dispatch the scheduled event of one rule, if it is still there and enabled."""
        self.install()
        assert self._original is not None
        for rule in _rules(account, region):
            if rule.arn == arn and rule.state == "ENABLED":
                event = {
                    "version": "0",
                    "id": event_id,
                    "detail-type": "Scheduled Event",
                    "source": "aws.events",
                    "account": account,
                    "time": now,
                    "region": region,
                    "resources": [arn],
                    "detail": {},
                    "ingestion-time": now,
                }
                self._dispatch(self._original, rule, event, transform_input=True)

    def _dispatch(self, original: Callable[..., None], rule: Any, event: Any, *, transform_input: bool) -> None:
        others = [target for target in rule.targets if not target["Arn"].startswith(FUNCTION_PREFIX)]
        for target in rule.targets:
            if target["Arn"].startswith(FUNCTION_PREFIX):
                payload = json.dumps(_input(target, event)).encode()
                self._deliver(Delivery(target["Arn"], rule.arn, rule.name, payload))
        if others:
            remaining = copy.copy(rule)
            remaining.targets = others
            original(remaining, event, transform_input)


def schedules(account: str, region: str) -> dict[str, str]:
    """The schedule expressions of the enabled rules, by ARN."""
    return {
        rule.arn: rule.scheduled_expression
        for rule in _rules(account, region)
        if rule.state == "ENABLED" and rule.scheduled_expression
    }


def _rule_class() -> Any:
    from moto.events.models import Rule  # noqa: PLC0415 - moto is loaded lazily

    return Rule


def _rules(account: str, region: str) -> list[Any]:
    from moto.events.models import events_backends  # noqa: PLC0415 - moto is loaded lazily

    buses = events_backends[account][region].event_buses.values()
    return [rule for bus in buses for rule in bus.rules.values()]


def _input(target: Mapping[str, Any], event: Any) -> Any:
    """What a target gets. AWS API: Target, with Input, InputPath or InputTransformer."""
    whole: Any = {name: value for name, value in event.items() if name != "ingestion-time"}
    if isinstance(whole.get("time"), int | float):
        whole["time"] = f"{datetime.fromtimestamp(whole['time'], UTC):%Y-%m-%dT%H:%M:%SZ}"
    if "Input" in target:
        return json.loads(target["Input"])
    if "InputTransformer" in target:
        from moto.events.utils import EventTemplateParser  # noqa: PLC0415 - moto is loaded lazily

        given = target["InputTransformer"]
        source: Any = {**event, **whole}
        return EventTemplateParser.parse(given.get("InputTemplate"), given.get("InputPathsMap", {}), source)
    found: Any = whole
    for part in target.get("InputPath", "$").removeprefix("$").split("."):
        if part:
            found = found.get(part) if isinstance(found, dict) else None
    return found
