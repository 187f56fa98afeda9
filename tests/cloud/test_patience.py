from dataclasses import dataclass, field

import pytest

from tidegate.cloud.patience import LONGEST_ASKED_SECONDS, Patience
from tidegate.errors import CloudError, Moved, NotFound, Throttled, Unreachable


@dataclass
class Script:
    """Raises what it is told to, one after the other, then answers."""

    refusals: list[CloudError]
    asked: int = 0
    slept: list[float] = field(default_factory=list)

    async def ask(self) -> str:
        self.asked += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return "answer"

    async def pause(self, seconds: float) -> None:
        self.slept.append(seconds)

    def patience(self, jitter: float = 1.0) -> Patience:
        return Patience(self.pause, lambda: jitter, attempts=4, first_seconds=0.5, longest_seconds=3.0)


@pytest.mark.parametrize(
    ("attempt", "asked", "jitter", "seconds"),
    [
        (1, 0, 1, 1),
        (2, 0, 1, 2),
        (3, 0, 1, 3),
        (9, 0, 1, 3),
        (9, 0, 0, 0),
        (1, 0, 0.25, 0.25),
        (1, 7, 0.25, 7.25),
        (1, 7, 0, 7),
        (1, 3600, 0, LONGEST_ASKED_SECONDS),
    ],
)
def test_waits_grow_are_spread_and_never_shorter_than_asked_for(
    attempt: int, asked: float, jitter: float, seconds: float
) -> None:
    assert Script([]).patience(jitter).wait(attempt, asked) == seconds


@pytest.mark.parametrize("refusal", [Unreachable("gone"), Throttled("too many")])
async def test_a_read_is_asked_again(refusal: CloudError) -> None:
    script = Script([refusal] * 3)
    assert await script.patience().read(script.ask) == "answer"
    assert (script.asked, script.slept) == (4, [1, 2, 3])


async def test_a_read_that_is_never_answered_ends() -> None:
    script = Script([Unreachable("gone")] * 9)
    with pytest.raises(Unreachable):
        await script.patience().read(script.ask)
    assert (script.asked, script.slept) == (4, [1, 2, 3])


@pytest.mark.parametrize("refusal", [NotFound("none"), Moved("moved"), CloudError("refused")])
async def test_a_refusal_that_says_something_is_not_asked_again(refusal: CloudError) -> None:
    script = Script([refusal])
    with pytest.raises(type(refusal)):
        await script.patience().read(script.ask)
    assert script.slept == []


Look = list[str | CloudError | None]


@pytest.mark.parametrize(
    ("refusals", "looks", "result", "asked"),
    [
        pytest.param([], [], "answer", 1, id="answered"),
        pytest.param([Unreachable("gone")], ["seen"], "seen", 1, id="it happened"),
        pytest.param([Moved("moved")], ["seen"], "seen", 1, id="an own write was in the way"),
        pytest.param([Unreachable("gone")], [None], "answer", 2, id="it did not happen"),
        pytest.param([Throttled("many")], [None], "answer", 2, id="throttled"),
        pytest.param([Unreachable("gone"), Moved("m")], [None, "seen"], "seen", 2, id="it happened late"),
        pytest.param([Unreachable("gone")], [Moved("stranger")], Moved, 1, id="a stranger"),
        pytest.param([Unreachable("gone")] * 4, [None] * 4, Unreachable, 4, id="never"),
        pytest.param([CloudError("refused")], [], CloudError, 1, id="refused"),
    ],
)
async def test_a_write_is_asked_again_only_when_it_was_seen_not_to_have_happened(
    refusals: list[CloudError], looks: Look, result: str | type[CloudError], asked: int
) -> None:
    script = Script(list(refusals))
    left = list(looks)

    async def look(_: CloudError) -> str | None:
        seen = left.pop(0)
        if isinstance(seen, CloudError):
            raise seen
        return seen

    if isinstance(result, str):
        assert await script.patience().write(script.ask, look) == result
    else:
        with pytest.raises(CloudError) as raised:
            await script.patience().write(script.ask, look)
        assert type(raised.value) is result
    assert (script.asked, left) == (asked, [])
