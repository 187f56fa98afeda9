"""Findings as Markdown, for the summary of a job."""

from collections.abc import Iterable, Mapping

from tidegate.model.finding import Finding


def markdown(found: Mapping[str, Iterable[Finding]]) -> str:
    """One table an environment; commands below it, in order."""
    return "\n".join(_section(environment, tuple(findings)) for environment, findings in found.items())


def _section(environment: str, findings: tuple[Finding, ...]) -> str:
    lines = [f"### Doctor: {environment}", ""]
    if not findings:
        return "\n".join([*lines, "Nothing is wrong.", ""])
    lines += ["| | check | where | what |", "|---|---|---|---|"]
    for one in findings:
        level = "accepted" if one.accepted else one.severity.value
        reason = f" (accepted: {_cell(one.accepted)})" if one.accepted else ""
        lines.append(f"| {level} | {one.check} | `{_cell(one.where)}` | {_cell(one.what)}{reason} |")
    mend = [line for one in findings if not one.accepted for line in one.mend]
    if mend:
        lines += ["", "```sh", *dict.fromkeys(mend), "```"]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    """Text that cannot end a cell, begin another one, or be HTML."""
    plain = " ".join(text.split()).replace("|", "\\|").replace("`", "'")
    return plain.replace("&", "&amp;").replace("<", "&lt;")
