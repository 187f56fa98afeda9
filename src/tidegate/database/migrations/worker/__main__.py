"""Does one request about a product's revisions, which it hears and answers as `process.answering` says."""

import sys
from dataclasses import asdict
from pathlib import Path

from tidegate.database.access import Access
from tidegate.database.faults import scrubbed
from tidegate.database.migrations.wire import failure_message
from tidegate.errors import Failure
from tidegate.model.database import Engine
from tidegate.process.answering import Answering, Message


def main() -> int:
    """Hear the request, do it, tell what came of it."""
    talk = Answering()
    request = talk.hear()
    password = str((request.get("access") or {}).get("password", ""))
    try:
        answer = _done(talk, request)
    except Failure as failure:
        talk.tell(failure_message(failure, password))
        return 1
    except Exception as error:  # noqa: BLE001 - the other side must hear of it, without the password
        told = scrubbed(f"{type(error).__name__}: {error}", password)
        talk.tell({"failed": {"what": f"a fault in Tidegate itself: {told}", "where": "", "what_next": ""}})
        return 1
    talk.tell({"done": answer})
    return 0


def _done(talk: Answering, request: Message) -> object:
    # Alembic takes a second to import on a small machine: only what the request needs.
    from tidegate.database.migrations.worker.script import Scripts  # noqa: PLC0415

    scripts = Scripts(Path(request["root"]), request["folder"])
    engine = Engine(request["engine"])
    match request["verb"]:
        case "render":
            from tidegate.database.migrations.worker.render import render  # noqa: PLC0415

            known = scripts.history.by_id()
            return [[asdict(one) for one in render(scripts, known[name], engine)] for name in request["revisions"]]
        case "apply" | "down":
            from tidegate.database.migrations.worker.applying import carry_out  # noqa: PLC0415

            return carry_out(talk, scripts, _access(request, engine), request)
        case "build":
            from tidegate.database.migrations.worker.build import build  # noqa: PLC0415

            return build(scripts, _access(request, engine), request)
        case "trip":
            from tidegate.database.migrations.worker.trip import trip  # noqa: PLC0415

            return trip(talk, scripts, _access(request, engine), request)
        case verb:
            raise ValueError(verb)


def _access(request: Message, engine: Engine) -> Access:
    given = request["access"]
    return Access(engine, given["host"], given["port"], given["database"], given["user"], given["password"])


if __name__ == "__main__":
    sys.exit(main())
