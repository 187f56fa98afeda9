import json

import pytest

from tidegate.localcloud.http_event import response


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [
        ('{"statusCode": 204}', 204, b""),
        ('{"statusCode": "201", "body": "x"}', 201, b"x"),
        ('{"statusCode": 200, "isBase64Encoded": true, "body": "AAE="}', 200, b"\x00\x01"),
        ('{"statusCode": 200, "isBase64Encoded": true, "body": "***"}', 500, None),
        ('{"statusCode": 200, "body": {"a": 1}}', 500, None),
        ('{"statusCode": 99}', 500, None),
        ('{"statusCode": "none"}', 500, None),
        ('{"statusCode": 200, "headers": ["a"]}', 500, None),
        ('{"statusCode": 200, "headers": {"a": {"b": 1}}}', 500, None),
        ("not json", 500, None),
        ('{"a": 1}', 200, b'{"a": 1}'),
        ("[1]", 200, b"[1]"),
        ('"text"', 200, b"text"),
    ],
)
def test_what_a_result_becomes(result: str, status: int, body: bytes | None) -> None:
    answer = response(result.encode())
    assert answer.status == status
    if body is None:
        assert json.loads(answer.body) == {"message": "Internal Server Error"}
    else:
        assert answer.body == body
