import pytest

from tidegate.localcloud.cloudfront.answers import answer
from tidegate.localcloud.cloudfront.events import ViewerRequest

HEADERS = {"etag": '"abc"', "content-type": "text/html", "last-modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
BODY = b"0123456789"


def asked(**headers: str) -> ViewerRequest:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return ViewerRequest("GET", "/", "", named)


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({}, 200, BODY),
        ({"if_none_match": '"abc"'}, 304, b""),
        ({"if_none_match": 'W/"abc"'}, 304, b""),
        ({"if_none_match": '"x", "abc"'}, 304, b""),
        ({"if_none_match": "*"}, 304, b""),
        ({"if_none_match": '"x"'}, 200, BODY),
        ({"if_none_match": '"x"', "if_modified_since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 200, BODY),
        ({"if_modified_since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 304, b""),
        ({"if_modified_since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200, BODY),
        ({"if_modified_since": "yesterday"}, 200, BODY),
        ({"range": "bytes=0-3"}, 206, b"0123"),
        ({"range": "bytes=7-"}, 206, b"789"),
        ({"range": "bytes=7-99"}, 206, b"789"),
        ({"range": "bytes=-2"}, 206, b"89"),
        ({"range": "bytes=-99"}, 206, BODY),
        ({"range": "bytes=10-"}, 416, b""),
        ({"range": "bytes=-0"}, 416, b""),
        ({"range": "bytes=5-3"}, 416, b""),
        ({"range": "bytes=0-1,4-5"}, 200, BODY),
        ({"range": "bytes=-"}, 200, BODY),
        ({"range": "lines=1-2"}, 200, BODY),
        ({"range": "bytes=0-3", "if_range": '"abc"'}, 206, b"0123"),
        ({"range": "bytes=0-3", "if_range": '"old"'}, 200, BODY),
    ],
)
def test_conditions_and_ranges(headers: dict[str, str], status: int, body: bytes) -> None:
    given = answer(asked(**headers), HEADERS, BODY, compress=False)
    assert (given.status, given.body) == (status, body)


def test_what_is_compressed_already_stays() -> None:
    headers = HEADERS | {"content-encoding": "br"}
    given = answer(asked(accept_encoding="gzip"), headers, b"x" * 5_000, compress=True)
    assert given.headers["content-encoding"] == "br"


def test_a_range_is_of_the_plain_object() -> None:
    given = answer(asked(accept_encoding="gzip", range="bytes=0-9"), HEADERS, b"x" * 5_000, compress=True)
    assert (given.status, given.body, "content-encoding" in given.headers) == (206, b"x" * 10, False)
