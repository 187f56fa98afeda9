"""Variables in a Dockerfile."""

import re
from collections.abc import Mapping

# `\$`, `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:+word}`; any other `$` does not match its group.
_VARIABLE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?::([-+])([^${}]*))?\})?")


class Unexpandable(ValueError):
    """A form of variable that the subset does not know, or a variable without a value."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Put values in place of variables (Dockerfile reference, "Environment replacement").

    Raises:
        Unexpandable: For other forms, and for a variable that nothing sets: docker would use an empty string.
    """

    def value(match: re.Match[str]) -> str:
        if match[0] == "\\$":
            return "$"
        name = match[1] or match[2]
        if name is None:
            raise Unexpandable(f"cannot expand {text!r}")
        found = variables.get(name)
        match match[3]:
            case "-":
                return found or str(match[4])
            case "+":
                return str(match[4]) if found else ""
            case _:
                if found is None:
                    raise Unexpandable(f"nothing sets ${name}")
                return found

    return _VARIABLE.sub(value, text)
