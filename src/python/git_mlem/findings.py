"""What links and names come to, and what is known of files: values that are read only."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from git_mlem import _core
from git_mlem._hints import in_arguments
from git_mlem.errors import CheckError


@dataclass(frozen=True)
class Hop:
    """A link on the way from another to an object."""

    repo: str
    """The repository's address; empty for the registry itself."""
    rev: str
    """As the step before asked for it."""
    commit: str
    """A full id; empty in an index or work tree."""
    path: str
    """From the repository's root."""


@dataclass(frozen=True)
class Artifact:
    """What is known of a file of an object: `check(deep=...)`."""

    name: str
    """What the metafile calls it."""
    path: str
    """From the directory of the metafile, or of the plain link."""
    size: int | None
    """In bytes, as it is recorded."""
    hash: str
    """As it is recorded: `sha256:` and hex digits, `md5:`, `git:`, ..."""
    state: str
    """`ok`, `unhashed`, `missing`, `mismatch`, ...: git-mlem-check(1)."""


@dataclass(frozen=True)
class Finding:
    """What a link or a name came to; the keys of `git mlem check --json`. What is not known is empty."""

    link: str
    """The link file from the repository's root."""
    verdict: str
    """`ok` if it resolves: git-mlem(1)."""
    message: str
    hint: str
    warnings: tuple[str, ...]
    """Each is a code, a colon and a message."""
    object_type: str
    repo: str
    rev: str
    ref: str
    commit: str
    path: str
    blob: str
    hops: tuple[Hop, ...]
    """The links between it and the object, in the order they were followed."""
    artifacts: tuple[Artifact, ...]
    """Where `check(deep=...)` looked at them."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Finding:
        """Makes one of the extension's dictionary."""
        hops = tuple(Hop(**hop) for hop in told["hops"])
        artifacts = tuple(Artifact(**artifact) for artifact in told["artifacts"])
        fields: dict[str, Any] = dict(told, hint=in_arguments(told["hint"]), hops=hops, artifacts=artifacts)
        return cls(**fields)

    @property
    def ok(self) -> bool:
        """Whether it resolves."""
        return self.verdict == "ok"

    @property
    def undecided(self) -> bool:
        """Whether asking again may give another verdict: `unreachable`, `timeout`, ..."""
        return _core.is_undecided(self.verdict)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dictionary of one's own."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class CheckResult:
    """What the links came to that were judged, in path order."""

    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def ok(self) -> bool:
        """Whether all links resolve."""
        return not self.problems

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Those that do not."""
        return tuple(finding for finding in self.findings if not finding.ok)

    def raise_for_problems(self) -> None:
        """Raises CheckError, which is about the first of the links that do not resolve and has all, unless all do."""
        if not self.problems:
            return
        first = self.problems[0]
        raise CheckError(f"'{first.link}'", first.message, first.verdict, first.hint, self.problems)


@dataclass(frozen=True)
class ClonedFile:
    """A file of a clone."""

    file: str
    """From the directory that the target is relative to."""
    size: int | None
    """In bytes; None: not known before it is fetched."""
    hash: str
    """That it was proved to have: `sha256:` and hex digits, `md5:`, `git:`, ..."""
    action: str
    """`made`, `kept` or `replaced`."""
