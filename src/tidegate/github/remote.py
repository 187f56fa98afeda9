"""Which repository on GitHub a remote of git is."""

import re
from urllib.parse import urlsplit

_SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[^:/]+):(?P<path>[^/].*)")
_NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


def repository_of(remote: str, server: str) -> str | None:
    """`owner/repo` of a remote's address; None when it is not on that server.

    Args:
        remote: As git has it: `https://…`, `ssh://…`, or `git@host:owner/repo`.
        server: Address of the server's pages, such as `https://github.com`.
    """
    if "://" in remote:
        parts = urlsplit(remote)
        host, path = parts.hostname or "", parts.path
    elif shaped := _SCP.fullmatch(remote):
        host, path = shaped["host"], shaped["path"]
    else:
        return None
    name = path.strip("/").removesuffix(".git")
    same = host.lower() in {urlsplit(server).hostname, f"ssh.{urlsplit(server).hostname}"}
    return name if same and _NAME.fullmatch(name) else None
