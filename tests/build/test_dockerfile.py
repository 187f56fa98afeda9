import pytest

from tidegate.build.dockerfile import NotExpressible, parse_dockerfile
from tidegate.build.instruction import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    From,
    Instruction,
    Label,
    PipInstall,
    Workdir,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ARG X", Arg(2, "X", None)),
        ('ARG X="a b"', Arg(2, "X", "a b")),
        ("ENV A=1 B='two words' C=\"$HOME\"", None),
        ("ENV A=1 B='two words'", Env(2, (("A", "1"), ("B", "two words")))),
        ("ENV OLD the value", Env(2, (("OLD", "the value"),))),
        ('LABEL a.b="x y"', Label(2, (("a.b", "x y"),))),
        ("workdir /app", Workdir(2, "/app")),
        ("COPY --chown=1:1 --link a b /c/", Copy(2, ("a", "b"), "/c/")),
        ('COPY ["with space", "/to"]', Copy(2, ("with space",), "/to")),
        ("RUN pip install -r r.txt", PipInstall(2, ("r.txt",))),
        (
            "RUN python -m pip install --no-cache-dir --target=${T} --requirement=a -r b",
            PipInstall(2, ("a", "b"), "${T}"),
        ),
        (
            "RUN uv pip install --system --no-deps -r r --no-binary x,y --only-binary :all:",
            PipInstall(2, ("r",), None, ("x", "y"), ("--no-deps",)),
        ),
        ('RUN ["pip3", "install", "-r", "r.txt"]', PipInstall(2, ("r.txt",))),
        ("RUN pip install \\\n  # a comment\n\n  -r r.txt \\\n  -t /opt", PipInstall(2, ("r.txt",), "/opt")),
        ('CMD ["a.b"]', Cmd(2, ("a.b",))),
        ('ENTRYPOINT ["/x", "y"]', Entrypoint(2, ("/x", "y"))),
    ],
)
def test_the_subset(line: str, expected: Instruction | None) -> None:
    text = f"FROM base AS only\n{line}\n"
    if expected is None:
        with pytest.raises(NotExpressible, match="single quotes"):
            parse_dockerfile(text)
    else:
        assert parse_dockerfile(text) == (From(1, "base"), expected)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "no FROM"),
        ("FROM a\nFROM b", 2, "several stages"),
        ("ENV A=1\nFROM a", 1, "only ARG"),
        ("FROM scratch", 1, "scratch"),
        ("FROM --platform=linux/arm64 a", 1, "linux/amd64"),
        ("FROM a\n\n# c\nUSER x", 4, "USER is not supported"),
        ("FROM a\nADD x /", 2, "ADD is not supported"),
        ("FROM a\nRUN", 2, "RUN without arguments"),
        ("FROM a\nRUN echo x", 2, "RUN echo x"),
        ("FROM a\nRUN pip install -r x && rm x", 2, "shell syntax"),
        ("FROM a\nRUN pip install flask", 2, "pip install flask"),
        ("FROM a\nRUN pip install --no-cache-dir", 2, "without -r FILE"),
        ("FROM a\nRUN pip install -r", 2, "without a value"),
        ("FROM a\nRUN pip install --index-url http://x -r y", 2, "--index-url"),
        ("FROM a\nRUN pip install -r x --no-binary :all:", 2, "each exception is named"),
        ("FROM a\nRUN --mount=type=cache,target=/c pip install -r x", 2, "RUN --mount"),
        ("FROM a\nRUN <<EOF\npip\nEOF", 2, "here-documents"),
        ("FROM a\nCOPY --from=b x /", 2, "COPY --from"),
        ("FROM a\nCOPY x", 2, "source and a destination"),
        ("FROM a\nCMD handler", 2, "JSON form"),
        ("FROM a\nENTRYPOINT [1]", 2, "JSON form"),
        ("FROM a\nENV A=1 B", 2, "not NAME=value"),
        ("FROM a\nENV A='1", 2, "quotation"),
        ("# escape=`\nFROM a", 1, "escape"),
        ("FROM a\nHEALTHCHECK NONE", 2, "HEALTHCHECK"),
    ],
)
def test_everything_else_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(NotExpressible, match=what) as refused:
        parse_dockerfile(text, "Dockerfile.x")
    assert refused.value.where == f"Dockerfile.x:{line}"
    assert "builder: docker" in refused.value.what_next


def test_comments_and_directives_are_skipped() -> None:
    text = "\ufeff# syntax=docker/dockerfile:1\n# a comment\nARG V=1\nFROM a:${V}\n"
    assert parse_dockerfile(text) == (Arg(3, "V", "1"), From(4, "a:${V}"))
