"""Hints of the engine, which speaks to users of `git mlem`, in the words of this package."""

from __future__ import annotations

import re

_ARGUMENTS = {
    "-f": "force=True",
    "-n": "dry_run=True",
    "--absolute": "absolute=True",
    "--deep": "deep",
    "--offline": "offline=True",
    "--only": "only",
    "--pin": "pin=True",
    "--plain": "plain=True",
    "--project": "project",
    "--rev": "rev",
    "--sp": "source_project",
}
"""The arguments that do what options of `git mlem` do."""


def in_arguments(hint: str) -> str:
    """A hint of `git mlem` with arguments in place of options. Those of a command that it names stay."""

    def argument(match: re.Match[str]) -> str:
        words: str = match["quoted"] or match["bare"]
        option, equals, value = words.partition("=")
        if option not in _ARGUMENTS:
            return match[0]
        return f"'{_ARGUMENTS[option]}{equals}{value}'"

    return re.sub(r"'(?P<quoted>--?[a-z][\w=-]*)'|(?<=without )(?P<bare>--[a-z][\w-]*)", argument, hint)
