from email.utils import formatdate

import pytest

from tidegate.localcloud.cloudfront.freshness import Freshness, freshness
from tidegate.localcloud.cloudfront.policies import Ttl

NOW = 1_700_000_000.0


def expires(seconds: float) -> str:
    return formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "ttl", "expected"),
    [
        # Nothing said: the default.
        ({}, Ttl(0, 100, 1000), Freshness(True, 100)),
        ({}, Ttl(50, 100, 1000), Freshness(True, 100)),
        ({"cache-control": "public"}, Ttl(0, 100, 1000), Freshness(True, 100)),
        # max-age within the limits, then outside of them.
        ({"cache-control": "max-age=500"}, Ttl(0, 100, 1000), Freshness(True, 500)),
        ({"cache-control": "public, Max-Age=500, immutable"}, Ttl(0, 100, 1000), Freshness(True, 500)),
        ({"cache-control": "max-age=5000"}, Ttl(0, 100, 1000), Freshness(True, 1000)),
        ({"cache-control": "max-age=5"}, Ttl(10, 100, 1000), Freshness(True, 10)),
        ({"cache-control": "max-age=0, must-revalidate"}, Ttl(0, 100, 1000), Freshness(True, 0)),
        ({"cache-control": "max-age=0"}, Ttl(1, 100, 1000), Freshness(True, 1)),
        # s-maxage wins.
        ({"cache-control": "max-age=500, s-maxage=20"}, Ttl(0, 100, 1000), Freshness(True, 20)),
        ({"cache-control": "max-age=oops"}, Ttl(0, 100, 1000), Freshness(True, 100)),
        # Expires, and max-age beside it.
        ({"expires": expires(300)}, Ttl(0, 100, 1000), Freshness(True, 300)),
        ({"expires": expires(-300)}, Ttl(0, 100, 1000), Freshness(True, 0)),
        ({"expires": "0"}, Ttl(0, 100, 1000), Freshness(True, 0)),
        ({"expires": expires(300), "cache-control": "max-age=60"}, Ttl(0, 100, 1000), Freshness(True, 60)),
        # Refusals to cache count only with a minimum of 0.
        ({"cache-control": "no-store"}, Ttl(0, 100, 1000), Freshness(False, 0)),
        ({"cache-control": "private, max-age=60"}, Ttl(0, 100, 1000), Freshness(False, 0)),
        ({"cache-control": "no-cache"}, Ttl(0, 100, 1000), Freshness(True, 0)),
        ({"cache-control": "no-store"}, Ttl(30, 100, 1000), Freshness(True, 30)),
        ({"cache-control": "private, max-age=500"}, Ttl(30, 100, 1000), Freshness(True, 30)),
        ({"cache-control": "no-cache"}, Ttl(30, 100, 1000), Freshness(True, 30)),
        # A cache that is off.
        ({"cache-control": "max-age=500"}, Ttl(0, 0, 0), Freshness(False, 0)),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], ttl: Ttl, expected: Freshness) -> None:
    assert freshness(headers, ttl, NOW) == expected
