"""`tidegate watch [RUN]`: which run is meant, in the ledger or on GitHub."""

import re
from collections.abc import Mapping

from tidegate.errors import ConfigError
from tidegate.github.access import TOKENS, has_token, read_access
from tidegate.github.api import open_github
from tidegate.github.remote import repository_of
from tidegate.ledger.refusals import Unknown
from tidegate.model.origin import GithubOrigin
from tidegate.model.run import RunView
from tidegate.operations.dispatch import DEPLOY
from tidegate.operations.project import Project

_ON_GITHUB = "github"
_NUMBERED = re.compile(r"github:(?P<id>[1-9][0-9]*)")


async def watched(project: Project, name: str | None, variables: Mapping[str, str]) -> RunView | GithubOrigin:
    """The run that is meant: one of the ledger, or a workflow run.

    Args:
        project: Whose ledger, and whose repository on GitHub.
        name: A run of the ledger by number, a workflow run by its id, `github:ID` or `github:owner/repo:ID`, or
            `github` for the newest of deploy.yml. None is the newest of the ledger, or of GitHub where it has none.
        variables: Where the token and the names of GitHub's repository and API are looked for.

    Raises:
        ConfigError: When nothing goes by that name, or GitHub is meant and cannot be asked.
        CloudError: When GitHub refuses or does not answer.
    """
    if name is None:
        with project.ledger() as ledger:
            newest = ledger.runs(1)
        if newest:
            return newest[0]
        if not has_token(variables):
            raise _no_run(f"`tidegate run`; to watch one on GitHub, set {' or '.join(TOKENS)}")
        return await _newest(project, variables)
    if name == _ON_GITHUB:
        return await _newest(project, variables)
    if origin := GithubOrigin.of(name):
        return origin
    if numbered := _NUMBERED.fullmatch(name):
        return GithubOrigin(github_repository(project, variables), int(numbered["id"]))
    return _numbered(project, name, variables)


def github_repository(project: Project, variables: Mapping[str, str]) -> str:
    """`owner/repo` on GitHub: as GITHUB_REPOSITORY says, or else the remote `origin`.

    Raises:
        ConfigError: When neither says it.
    """
    if named := variables.get("GITHUB_REPOSITORY", "").strip():
        if GithubOrigin.of(f"github:{named}:1") is None:
            raise ConfigError(f"{named!r} is not owner/repo", where="GITHUB_REPOSITORY")
        return named
    access = read_access(variables)
    repository = project.repository()
    remote = repository.remote()
    found = repository_of(remote, access.server) if remote else None
    if found is None:
        raise ConfigError(
            "nothing says which repository on GitHub this is",
            where=repository.where,
            what_next=f"set GITHUB_REPOSITORY=owner/repo, or let the remote origin lead to {access.server}",
        )
    return found


def _numbered(project: Project, name: str, variables: Mapping[str, str]) -> RunView | GithubOrigin:
    """A number is looked for in the ledger first: runs of GitHub's have longer ones."""
    try:
        with project.ledger() as ledger:
            return ledger.run(name)
    except Unknown as unknown:
        if not (name.isascii() and name.isdecimal() and int(name)):
            raise
        if not has_token(variables):
            hint = f"if it is GitHub's, set {' or '.join(TOKENS)}; `tidegate history` lists the ledger's"
            raise ConfigError(f"the ledger has no run {name}", where=unknown.where, what_next=hint) from unknown
    return GithubOrigin(github_repository(project, variables), int(name))


async def _newest(project: Project, variables: Mapping[str, str]) -> GithubOrigin:
    access = read_access(variables)
    repository = github_repository(project, variables)
    async with open_github(access, repository) as github:
        runs = await github.runs(workflow=DEPLOY, most=1)
    if not runs:
        raise _no_run(f"push, or start {DEPLOY} of {repository} by hand")
    return GithubOrigin(repository, runs[0].id)


def _no_run(what_next: str) -> ConfigError:
    return ConfigError("no run has been started yet", where="ledger", what_next=what_next)
