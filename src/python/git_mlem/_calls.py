"""Between Python's words and the extension's."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Any, Iterator, Union

from git_mlem import _core
from git_mlem._hints import in_arguments
from git_mlem.errors import UnsupportedError, kind_of
from git_mlem.findings import Finding

Name = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
"""A path, a rev or an address: bytes to Git, and text to most people."""


def required(name: Name) -> bytes:
    """The bytes of a name. One that is empty is a mistake, as of a variable that is not set."""
    given = os.fspath(name)
    if not given:
        raise UnsupportedError("invalid name ''", "it is empty")
    return given if isinstance(given, bytes) else given.encode("utf-8", "surrogateescape")


def encoded(name: Name | None) -> bytes:
    """The bytes of a name; none for None."""
    return b"" if name is None else required(name)


def flag(name: str, given: object) -> bool:
    """The truth of what has one as True, False and numpy's have. A text or a list is a mistake."""
    if not hasattr(type(given), "__bool__"):
        raise TypeError(f"'{name}' is True or False, and not a {type(given).__name__}")
    return bool(given)


@contextmanager
def own_errors() -> Iterator[None]:
    """Within it, what the extension raises becomes an error of this package."""
    try:
        yield
    except _core.Error as error:
        told: dict[str, Any] = error.args[0]
        findings = (Finding.of(told["finding"]),) if told["finding"] else ()
        kind = kind_of(told["verdict"], told["undecided"])
        raise kind(told["what"], told["why"], told["verdict"], in_arguments(told["hint"]), findings) from None
