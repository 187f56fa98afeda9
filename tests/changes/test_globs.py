import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.changes.globs import PathSet, compile_glob
from tidegate.model.changes import PatternError, is_negated

# (pattern, paths that match, paths that do not): each row was checked against picomatch 4.0.7 with `dot: true`.
AS_PICOMATCH = [
    # plain names
    ("src/agent.py", ["src/agent.py"], ["src/agent_py", "xsrc/agent.py", "src/agentXpy", "Src/agent.py"]),
    ("src", ["src"], ["src/a", ".src"]),
    ("./src/a", ["src/a"], ["src/ab"]),
    ("././a", ["a"], ["b"]),
    ("a b/*", ["a b/c"], ["a/b", "a b"]),
    ("a.b", ["a.b"], ["aXb"]),
    ("a$b", ["a$b"], ["a"]),
    ("a^b", ["a^b"], ["ab"]),
    ("#a", ["#a"], ["a"]),
    ("a|b", ["a|b"], ["a", "b"]),
    ("a+", ["a+"], ["aa", "a"]),
    ("a<b>", ["a<b>"], ["ab"]),
    ("<1-3>", ["<1-3>"], ["1", "2"]),
    ("@a", ["@a"], ["a"]),
    # one star stays in its folder, and `dot: true` lets it match a leading dot
    ("*", ["a", ".env", "README.md", "{a}", " a"], ["a/b", ""]),
    ("src/*", ["src/a", "src/.hidden"], ["src", "src/a/b.py"]),
    ("*.md", ["README.md", ".md"], ["x/y.md", "README.MD", "md"]),
    ("*.*", ["a.md", ".env"], ["a", "x/a.md"]),
    (".*", [".env", ".src"], ["a", "a/.b"]),
    ("Dockerfile*", ["Dockerfile", "Dockerfile.lambda.container"], ["x/Dockerfile", "dockerfile"]),
    ("requirements*.txt", ["requirements.txt", "requirements-dev.txt"], ["tests/requirements.txt", "requirements.in"]),
    ("a*b", ["ab", "aab", "aXb"], ["a/b", "b"]),
    ("*/a", ["x/a", ".a/a"], ["a", "x/y/a"]),
    # two stars, by position
    ("**", ["a", "a/b/c", ".github/workflows/x.yml", ".a/b"], []),
    ("src/**", ["src/a", "src/a/b.py", "src/.hidden", "src/.h/x", "src"], [".src", "srcs/a", "x/src/a"]),
    (".github/workflows/**", [".github/workflows/x.yml"], ["github/workflows/x.yml", ".github/x"]),
    ("**/*.md", ["a.md", "x/y/z.md", ".md", "x/.md"], ["a.mdx"]),
    ("**.md", ["a.md", "x/y/z.md"], ["a.mdx"]),
    ("**/a", ["a", "x/a", "x/y/a"], ["ab", "x/ba"]),
    ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a/.x/b"], ["ab", "a/bb", "x/a/b"]),
    ("a/**/**/b", ["a/b", "a/x/y/b"], ["ab"]),
    ("a/**/*", ["a/b", "a/b/c"], ["a"]),
    ("**/a/**", ["a", "a/b", "x/a/y", "x/a"], ["ab/c"]),
    ("**/a/**/b/**", ["a/b", "x/a/y/b/z"], ["a", "b"]),
    ("*/**", ["a/b", "a/b/c"], ["a"]),
    ("**/node_modules/**", ["node_modules/a/b", "x/node_modules/y"], ["node_module/a"]),
    ("src/**.py", ["src/a.py"], ["src/a/b.py", "src/a.ts"]),
    ("src**", ["src", "srcs"], ["src/a"]),
    ("**b", ["b", "ab"], ["a/b"]),
    ("a**/b", ["a/b", "ab/b"], ["a/x/b", "b"]),
    ("***/a", ["x/a"], ["b"]),
    # one character and brackets
    ("a?c", ["abc", "aXc"], ["ac", "a/c"]),
    ("??", ["ab", ".a"], ["a", "abc"]),
    ("[ab]x", ["ax", "bx"], ["cx", "x"]),
    ("[^a]x", ["bx", "1x"], ["ax", "x"]),
    ("[a-c].py", ["a.py", "c.py"], ["d.py", "-.py"]),
    ("[.]a", [".a"], ["a", "xa"]),
    ("[*]", ["*"], ["a"]),
    ("app/[id]/page.tsx", ["app/[id]/page.tsx", "app/i/page.tsx"], ["app/id/page.tsx"]),  # to the letter
    ("\\a", ["\\a", "a"], ["b"]),
    ('"a"', ['"a"'], ["b"]),
    # braces
    ("{a,b}/**", ["a/x", "b/y/z", "a", "b"], ["c/x", "{a,b}/x"]),
    ("src/{a,b}.py", ["src/a.py", "src/b.py"], ["src/c.py"]),
    ("{a,b,}x", ["ax", "bx", "x"], ["cx"]),
    ("a{1..3}", ["a1", "a2", "a3"], ["a4", "a"]),
    ("{a}", ["{a}"], ["a"]),
    ("src/{a,{b,c}}/x", ["src/a/x", "src/b/x", "src/c/x"], ["src/x"]),
    ("**/*.{ts,tsx}", ["x.ts", "a/x.tsx"], ["x.js", "x.tsxx"]),
    ("{src,tests}/**/*.py", ["src/a.py", "tests/a/b.py"], ["docs/a.py"]),
    ("\\{a,b\\}", ["{a,b}"], ["a", "b"]),
    # extglobs and groups
    ("!(docs)/**", ["src/a", "x/docs/y"], ["docs", "docs/x.md"]),
    ("!(*.md)", ["a.py", "docs"], ["a.md"]),
    ("*.!(js)", ["a.ts"], ["a.js"]),
    ("src/!(x)", ["src/a"], ["src/x", "src"]),
    ("@(a|b)", ["a", "b"], ["ab", "c"]),
    ("+(a|b)", ["a", "ab", "bba"], ["", "c"]),
    ("?(a)b", ["ab", "b"], ["aab", "a"]),
    ("a*(b)", ["a", "ab", "abb"], ["b"]),
    ("(a|b)", ["a", "b"], ["ab"]),
    ("(a|b)/**", ["a/x", "b"], ["c/x"]),
    ("**/*.@(ts|tsx)", ["x.ts", "a/x.tsx"], ["x.js"]),
    # escapes and unicode
    ("a\\*b", ["a*b"], ["aXb", "ab"]),
    ("a\\[b\\]", ["a[b]"], ["ab"]),
    ("日本/**", ["日本/x", "日本"], ["日/x"]),
    ("é*", ["é", "éa"], ["e\u0301"]),
]  # fmt: skip

# Named deviations: what Tidegate does, and why it is not what picomatch does.
DEVIATIONS = [
    ("**", "a\nb", True),  # a name that holds a newline is a name: JavaScript's `.` stops there
    ("src/**", "src/a\n", True),
    ("{**/*.md,docs/**}", "README.md", True),  # braces expand first, as in a shell
    ("!(a)/b", "ab/b", True),  # only the folder `a` is excluded, as in a shell
    ("a{01..03}", "a01", True),  # the zeros of a range stay
    ("[a/b]c", "ac", False),  # a bracket holds no separator
    ("+(a/b)", "a/b", False),  # nor does an extglob
    ('"a"', "a", False),  # quotes are ordinary characters
]

IMPOSSIBLE = [
    ("", "empty"),
    ("./", "empty"),
    ("/src/**", "'src/**'"),
    ("src/", "'src/**'"),
    ("a//b", "empty, '.' or '..'"),
    ("../a", "empty, '.' or '..'"),
    ("a/./b", "empty, '.' or '..'"),
    ("[!a]x", "'[^'"),
    ("!!docs/**", "negated once"),
    ("{1..5000}", "expand"),
]


@pytest.mark.parametrize(("pattern", "matching", "other"), AS_PICOMATCH, ids=[row[0] for row in AS_PICOMATCH])
def test_matches_as_picomatch_does(pattern: str, matching: list[str], other: list[str]) -> None:
    glob = compile_glob(pattern)
    assert [path for path in matching if not glob.matches(path)] == []
    assert [path for path in other if glob.matches(path)] == []


@pytest.mark.parametrize(("pattern", "path", "expected"), DEVIATIONS)
def test_deviates_from_picomatch_where_named(pattern: str, path: str, *, expected: bool) -> None:
    assert compile_glob(pattern).matches(path) is expected


@pytest.mark.parametrize(("pattern", "hint"), IMPOSSIBLE)
def test_refuses_a_pattern_that_can_only_be_a_mistake(pattern: str, hint: str) -> None:
    with pytest.raises(PatternError) as refused:
        compile_glob(pattern)
    assert hint in str(refused.value)
    assert refused.value.pattern == pattern
    assert refused.value.what_next


def test_a_name_that_is_not_utf8_matches() -> None:
    name = b"src/caf\xe9.py".decode("utf-8", "surrogateescape")
    assert compile_glob("src/*.py").matches(name)
    assert compile_glob("src/**").matches(name)


@pytest.mark.parametrize(
    ("patterns", "path", "reason"),
    [
        (["src/**", "docs/**"], "docs/a", "docs/**"),
        (["src/**", "src/a.py"], "src/a.py", "src/**"),
        (["src/**"], "tests/a", None),
        (["**", "!docs/**"], "docs/a", None),
        (["**", "!docs/**"], "src/a", "**"),
        (["!docs/**", "**"], "docs/a", None),  # the order does not matter
        (["**", "!**/*.md", "docs/**"], "docs/a.md", None),  # what is excluded is not included again
        (["**", "!docs/**", "!*.md"], "a.md", None),
        (["!(docs)/**"], "src/a", "!(docs)/**"),  # an extglob, not a negation
        ([], "a", None),
    ],
)
def test_a_list_excludes_what_its_negated_patterns_match(patterns: list[str], path: str, reason: str | None) -> None:
    assert PathSet(patterns).match(path) == reason


@pytest.mark.parametrize("patterns", [["!docs/**"], ["!docs/**", "!*.md"]])
def test_a_list_of_negated_patterns_alone_is_refused(patterns: list[str]) -> None:
    with pytest.raises(PatternError, match="no positive pattern") as refused:
        PathSet(patterns)
    assert refused.value.pattern == "!docs/**"


@pytest.mark.parametrize(("pattern", "expected"), [("!a", True), ("!!a", True), ("!(a)", False), ("a!", False)])
def test_tells_a_negation_from_an_extglob(pattern: str, *, expected: bool) -> None:
    assert is_negated(pattern) is expected


_NAMES = st.text(st.sampled_from("ab.-_ é"), min_size=1, max_size=4).filter(lambda name: name not in {".", ".."})
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)


@given(_PATHS, _PATHS)
def test_a_folder_pattern_matches_the_folder_and_what_is_below_it_and_nothing_else(folder: str, path: str) -> None:
    glob = compile_glob(f"{folder}/**")
    assert glob.matches(folder)
    assert glob.matches(f"{folder}/{path}")
    assert glob.matches(path) == (path == folder or path.startswith(f"{folder}/"))
    assert not glob.matches(f"{folder}x")


@given(_PATHS, _PATHS)
def test_a_plain_path_matches_itself_alone(path: str, other: str) -> None:
    assert compile_glob(path).matches(path)
    assert compile_glob(path).matches(other) == (path == other)
