"""Where the site of each environment lives: the reference's secrets, from a file an environment or from variables.

On GitHub Actions a job sees the secrets of its own environment as variables. On a laptop `tidegate cloud up` writes
`.tidegate/environments/<env>.env`.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tidegate.doctor.settings import API, APP, BUCKET, TEST, TEST_DOMAIN, shape_problem
from tidegate.errors import ConfigError
from tidegate.execute.home import Home
from tidegate.model.pipeline import Pipeline
from tidegate.targets.site import SiteAddress

CANDIDATE_API = "TELEGRAM_CANDIDATE_API_URL"
SECRETS = (APP, TEST, TEST_DOMAIN, BUCKET, API)


def read_addresses(
    pipeline: Pipeline, home: Home, environ: Mapping[str, str] = os.environ, *, only: Sequence[str] | None = None
) -> dict[str, SiteAddress]:
    """The site address of every environment, or of some `only`; empty for a pipeline without a site.

    Raises:
        ConfigError: When one is missing or not of the right shape. A missing TEST distribution is an error like any
            other: without it nothing could be tested before users see it.
    """
    if pipeline.site is None:
        return {}
    return {
        name: _address(name, home.environment(name), environ)
        for name in (pipeline.environments if only is None else only)
    }


def write_address(path: Path, values: Mapping[str, str]) -> None:
    """Write the settings of an environment, readable by their owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")


def read_settings(path: Path, environ: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The addresses of an environment as they were given, right or wrong; and the file that they come from, if any.

    Raises:
        ConfigError: When the file is not UTF-8.
    """
    given, file = {key: environ[key] for key in (*SECRETS, CANDIDATE_API) if key in environ}, _read(path)
    return {**given, **file}, str(path) if path.exists() else ""


def _address(environment: str, path: Path, environ: Mapping[str, str]) -> SiteAddress:
    values, _ = read_settings(path, environ)
    for key in SECRETS:
        value = values.get(key, "")
        if not value:
            why = " (without a TEST distribution nothing can be tested before users see it)" if key == TEST else ""
            raise ConfigError(
                f"{key} is not set{why}",
                where=environment,
                what_next=f"set it in {path}, or as a secret of the environment; `tidegate cloud up` writes it for the "
                "embedded cloud",
            )
    for key, value in values.items():
        is_api = key in {API, CANDIDATE_API}
        # A slash at the end is read past, so that it keeps nobody from going back; the doctor tells it.
        if problem := shape_problem(API, value.rstrip("/")) if is_api else shape_problem(key, value):
            raise ConfigError(
                f"{key} {problem}",
                where=environment,
                what_next=f"`tidegate doctor {environment}` shows the command that mends it",
            )
    if values[APP] == values[TEST]:
        raise ConfigError(
            f"{APP} and {TEST} name the same distribution",
            where=environment,
            what_next="tests would run on what users reach: give TEST a distribution of its own",
        )
    return SiteAddress(
        app=values[APP],
        test=values[TEST],
        bucket=values[BUCKET],
        api_url=values[API],
        candidate_api_url=values.get(CANDIDATE_API) or _candidate_of(values[API], environment),
    )


def _candidate_of(api_url: str, environment: str) -> str:
    base, _, stage = api_url.rstrip("/").rpartition("/")
    if stage != "live":
        raise ConfigError(
            f"{API} does not end in /live, so the candidate API cannot be told from it",
            where=environment,
            what_next=f"set {CANDIDATE_API}",
        )
    return f"{base}/candidate"


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    except UnicodeDecodeError as wrong:
        raise ConfigError("the file is not UTF-8", where=str(path), what_next="write it anew") from wrong
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key: value for key, _, value in pairs}
