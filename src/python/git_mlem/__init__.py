"""Links of a model registry that is a Git repository: `git mlem` for programs.

A link is a small `*.mlem` file that names an object in some repository at a rev. `git_mlem.api` has MLEM's functions
under MLEM's names, so that a script that deploys models changes one import:

    from git_mlem.api import load_meta, link, clone     # was: from mlem.api import ...

and two that MLEM has not: `check` judges links, `resolve` tells the commit and the path that a name leads to. The engine
is that of `git mlem`, and so are its verdicts, which git-mlem(1) explains; `git` is run for transport. Nothing is
printed. Other Python threads run meanwhile, several may call at once, and Ctrl-C ends a call of the main thread.

What cannot be done is a `MlemError` with `what`, `why`, `verdict`, `hint` and `findings`.
"""

from git_mlem._core import version as __version__
from git_mlem.api import check, clone, link, load_meta, resolve
from git_mlem.errors import (
    ArtifactError,
    CheckError,
    InvalidObjectError,
    MlemError,
    NotFoundError,
    ObjectError,
    UndecidedError,
    UnsupportedError,
    UntrustedError,
)
from git_mlem.findings import Artifact, CheckResult, ClonedFile, Finding, Hop
from git_mlem.objects import Argument, DeclaredFile, Link, Method, Object, Requirement

__all__ = [
    "Argument",
    "Artifact",
    "ArtifactError",
    "CheckError",
    "CheckResult",
    "ClonedFile",
    "DeclaredFile",
    "Finding",
    "Hop",
    "InvalidObjectError",
    "Link",
    "Method",
    "MlemError",
    "NotFoundError",
    "Object",
    "ObjectError",
    "Requirement",
    "UndecidedError",
    "UnsupportedError",
    "UntrustedError",
    "__version__",
    "check",
    "clone",
    "link",
    "load_meta",
    "resolve",
]
