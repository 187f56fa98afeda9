"""What commands of a product must not see: credentials, and the files by which a runner is told things."""

from collections.abc import Mapping

_PREFIXES = ("AWS_", "ACTIONS_")
_NAMES = frozenset(
    {
        *("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"),
        *("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"),
    }
)


def without_credentials(variables: Mapping[str, str]) -> dict[str, str]:
    """An environment for commands of a product's gates and builds: nobody else's business is left out.

    Tests come from the commit that is judged, and installers run what packages bring along. What they could do with
    these variables is deploy, or let a gate say that it passed.

    Source: GitHub Docs, "Variables reference" and "OpenID Connect reference" (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`).
    """
    return {name: value for name, value in variables.items() if name not in _NAMES and not name.startswith(_PREFIXES)}


def secrets_in(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Values of an environment that must not be read in a log."""
    withheld = variables.keys() - without_credentials(variables).keys()
    named = (name for name in sorted(withheld) if name.endswith(("_TOKEN", "_KEY")))
    return tuple(variables[name] for name in named if variables[name])
