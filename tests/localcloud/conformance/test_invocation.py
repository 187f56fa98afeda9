"""Invocation through boto3: answers, failures and logs, as AWS documents them."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

FAULTY = """
import os, time

def handler(event, context):
    if event == "raise":
        raise ValueError("no good")
    if event == "exit":
        os._exit(3)
    if event == "hang":
        time.sleep(60)
    return os.getpid()
"""


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**given)
    response = error.value.response
    return str(response["Error"]["Code"]), int(response["ResponseMetadata"]["HTTPStatusCode"])


NOT_FOUND = ("ResourceNotFoundException", 404)


class TestInvocation:
    def test_the_answer_names_version_and_log(self, functions: Any) -> None:
        name = functions.create()
        answer = functions.client.invoke(FunctionName=name, Payload=b'{"q": 1}', LogType="Tail")
        assert json.loads(answer["Payload"].read())["event"] == {"q": 1}
        assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
        assert "FunctionError" not in answer
        log = base64.b64decode(answer["LogResult"]).decode()
        assert "asked {'q': 1}\n" in log
        assert re.search(r"^START RequestId: \S+ Version: \$LATEST$", log, re.MULTILINE)
        assert re.search(r"^REPORT RequestId: \S+\tDuration: [\d.]+ ms\t.*Init Duration: ", log, re.MULTILINE)

    def test_an_exception_is_an_unhandled_error(self, functions: Any) -> None:
        name = functions.create(FAULTY)
        answer = functions.client.invoke(FunctionName=name, Payload=b'"raise"')
        document = json.loads(answer["Payload"].read())
        assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
        assert (document["errorType"], document["errorMessage"]) == ("ValueError", "no good")
        assert any("app.py" in line for line in document["stackTrace"])

    def test_an_exit_ends_the_worker_and_the_next_event_gets_another(self, functions: Any) -> None:
        name = functions.create(FAULTY)
        first = functions.invoke(name)
        answer = functions.client.invoke(FunctionName=name, Payload=b'"exit"')
        document = json.loads(answer["Payload"].read())
        assert answer["FunctionError"] == "Unhandled"
        assert document["errorType"] == "Runtime.ExitError"
        assert "exit status 3" in document["errorMessage"]
        assert functions.invoke(name) != first

    def test_a_timeout_ends_the_worker(self, functions: Any) -> None:
        name = functions.create(FAULTY, Timeout=1)
        answer = functions.client.invoke(FunctionName=name, Payload=b'"hang"')
        document = json.loads(answer["Payload"].read())
        assert answer["FunctionError"] == "Unhandled"
        assert document["errorType"] == "Sandbox.Timedout"
        assert "Task timed out after 1.00 seconds" in document["errorMessage"]
        assert isinstance(functions.invoke(name), int)

    @pytest.mark.parametrize(
        ("source", "kind"),
        [
            ("import nowhere_to_be_found\n", "Runtime.ImportModuleError"),
            ("def handler(:\n", "Runtime.UserCodeSyntaxError"),
            ("other = 1\n", "Runtime.HandlerNotFound"),
            ("raise RuntimeError('at import')\n", "RuntimeError"),
            ("import os\nos._exit(9)\n", "Runtime.ExitError"),
        ],
    )
    def test_a_handler_that_does_not_load(self, functions: Any, source: str, kind: str) -> None:
        name = functions.create(source)
        for _ in range(2):
            answer = functions.client.invoke(FunctionName=name)
            assert answer["FunctionError"] == "Unhandled"
            assert json.loads(answer["Payload"].read())["errorType"] == kind

    def test_new_code_serves_the_next_event(self, functions: Any) -> None:
        name = functions.create("def handler(event, context):\n    return 'old'\n")
        assert functions.invoke(name) == "old"
        uri = functions.push({"app.py": "def handler(event, context):\n    return 'new'\n"})
        functions.client.update_function_code(FunctionName=name, ImageUri=uri)
        functions.settle(name)
        assert functions.invoke(name) == "new"

    def test_a_command_overrides_the_images_own(self, functions: Any) -> None:
        source = functions.echo + "\ndef other(event, context):\n    return 'other'\n"
        assert functions.invoke(functions.create(source, ImageConfig={"Command": ["app.other"]})) == "other"

    def test_what_is_no_json_is_refused(self, functions: Any) -> None:
        name = functions.create()
        given = {"FunctionName": name, "Payload": b"{"}
        assert refused(functions.client.invoke, **given) == ("InvalidRequestContentException", 400)

    def test_an_event_is_accepted_and_a_dry_run_runs_nothing(self, functions: Any) -> None:
        name = functions.create()
        assert functions.client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
        assert functions.client.invoke(FunctionName=name, InvocationType="Event")["StatusCode"] == 202
        assert refused(functions.client.invoke, FunctionName="missing", InvocationType="Event") == NOT_FOUND

    def test_unicode_and_large_payloads_pass_whole(self, functions: Any) -> None:
        name = functions.create()
        event = {"ü": "日本" * 100_000}
        assert functions.invoke(name, event)["event"] == event
