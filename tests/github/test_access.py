import pytest

from tidegate.errors import ConfigError
from tidegate.github.access import has_token, read_access
from tidegate.github.remote import repository_of


@pytest.mark.parametrize(
    ("variables", "token", "variable"),
    [
        ({"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, "a", "GH_TOKEN"),
        ({"GH_TOKEN": "", "GITHUB_TOKEN": "b\n"}, "b", "GITHUB_TOKEN"),
    ],
)
def test_where_the_token_comes_from(variables: dict[str, str], token: str, variable: str) -> None:
    access = read_access(variables)
    assert (access.token, access.variable, access.url) == (token, variable, "https://api.github.com")
    assert f"token={token!r}" not in repr(access)
    assert has_token(variables)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "no token for GitHub"),
        ({"GH_TOKEN": " \n"}, "no token for GitHub"),
        ({"GH_TOKEN": "a b"}, "characters that no token has"),
        ({"GH_TOKEN": "a\nb"}, "characters that no token has"),
        ({"GH_TOKEN": "ä"}, "characters that no token has"),
        ({"GH_TOKEN": "a", "GITHUB_API_URL": "http://github.example.com/api/v3"}, "not https"),
    ],
)
def test_access_that_cannot_be(variables: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read_access(variables)


def test_an_api_elsewhere() -> None:
    there = read_access({"GH_TOKEN": "a", "GITHUB_API_URL": "https://github.example.com/api/v3/"})
    assert (there.url, there.loopback) == ("https://github.example.com/api/v3", False)
    assert read_access({"GH_TOKEN": "a", "GITHUB_API_URL": "http://127.0.0.1:99"}).loopback


@pytest.mark.parametrize(
    ("remote", "repository"),
    [
        ("https://github.com/acme/shop.git", "acme/shop"),
        ("https://x-access-token:secret@github.com/acme/shop", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("github.com:acme/shop", "acme/shop"),
        ("ssh://git@github.com/acme/shop.git", "acme/shop"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", "acme/shop"),
        ("https://GitHub.com/acme/the.shop/", "acme/the.shop"),
        ("https://gitlab.com/acme/shop.git", None),
        ("https://github.com.evil.test/acme/shop.git", None),
        ("https://github.com/acme", None),
        ("https://github.com/acme/shop/../../x", None),
        ("/srv/git/shop.git", None),
        ("../shop", None),
        ("", None),
    ],
)
def test_the_repository_of_a_remote(remote: str, repository: str | None) -> None:
    assert repository_of(remote, "https://github.com") == repository


def test_a_server_of_ones_own() -> None:
    assert repository_of("git@git.example.com:a/b.git", "https://git.example.com") == "a/b"
