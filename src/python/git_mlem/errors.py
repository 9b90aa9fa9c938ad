"""What could not be done, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from git_mlem.findings import Finding


class MlemError(Exception):
    """What could not be done; all other errors of this package are kinds of it."""

    def __init__(
        self, what: str, why: str = "", verdict: str = "", hint: str = "", findings: tuple[Finding, ...] = ()
    ) -> None:
        super().__init__(what, why, verdict, hint, findings)
        self.what = what
        """What could not be done, or the quoted name of what could not be used."""
        self.why = why
        """The reason; empty if `what` says it all."""
        self.verdict = verdict
        """Such as `missing-rev`, if it is about an object: git-mlem(1). Else empty."""
        self.hint = hint
        """What may help; may be empty."""
        self.findings = findings
        """What is known of the objects that it is about."""

    def __str__(self) -> str:
        text = ": ".join(part for part in (self.what, self.verdict, self.why) if part)
        return f"{text}\nhint: {self.hint}" if self.hint else text


class ObjectError(MlemError):
    """An object or a link is not what it should be: asking again gives the same answer."""


class NotFoundError(ObjectError):
    """`missing-repo`, `missing-rev` or `missing-path`."""


class InvalidObjectError(ObjectError):
    """`invalid-link`, `not-an-object`, `wrong-type`, `ambiguous-rev`, `cycle` or `too-deep`."""


class UntrustedError(ObjectError):
    """`forbidden`, `changed`, `off-branch` or `unsigned`."""


class ArtifactError(ObjectError):
    """`artifact-missing` or `artifact-mismatch`: a file of an object is not there, or not what is recorded."""


class UndecidedError(MlemError):
    """The network, credentials, time or a limit were in the way: asking again may give another answer."""


class UnsupportedError(MlemError, ValueError):
    """An argument that cannot be used, such as those of MLEM's that git-mlem has no use for."""


class CheckError(MlemError):
    """Some links do not resolve: CheckResult.raise_for_problems(). Each of them is in `findings`."""


_KINDS: dict[str, type[ObjectError]] = {
    "missing-repo": NotFoundError,
    "missing-rev": NotFoundError,
    "missing-path": NotFoundError,
    "forbidden": UntrustedError,
    "changed": UntrustedError,
    "off-branch": UntrustedError,
    "unsigned": UntrustedError,
    "artifact-missing": ArtifactError,
    "artifact-mismatch": ArtifactError,
}


def kind_of(verdict: str, undecided: bool) -> type[MlemError]:
    """The class of the error for a verdict, which is empty where there is none."""
    if undecided:
        return UndecidedError
    return _KINDS.get(verdict, InvalidObjectError) if verdict else MlemError
