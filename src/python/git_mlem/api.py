"""MLEM's functions under MLEM's names, and `check` and `resolve`.

Arguments mean what they mean to MLEM, and those after `*` are git-mlem's own. Paths are relative to `directory`, which is
the current one unless it is given; the registry is the repository around it, whatever GIT_DIR says, which git sets for
hooks and aliases and which counts only without `directory`. A `project` is whatever `git clone` takes.
All raise MlemError.
"""

from __future__ import annotations

import os
from typing import Sequence

from git_mlem import _core
from git_mlem._calls import Name, encoded, flag, own_errors, required
from git_mlem.errors import InvalidObjectError, UnsupportedError
from git_mlem.findings import CheckResult, ClonedFile, Finding
from git_mlem.objects import Link, Object, link_options

__all__ = ["check", "clone", "link", "load_meta", "resolve"]


def load_meta(
    path: Name,
    project: Name | None = None,
    rev: Name | None = None,
    follow_links: bool = True,
    load_value: bool = False,
    fs: None = None,
    *,
    force_type: str | None = None,
    directory: Name | None = None,
) -> Object:
    """Finds an object by name: a path, `<rev>:<path>`, or an address with the path in it.

    Without `project` and `rev` it is looked for in the work tree. With `follow_links` what a link leads to is returned,
    else the link itself. `force_type` is the object type that it has to have, such as `model`.
    """
    _refuse_file_system("fs", fs)
    _refuse_values("load_meta", load_value)
    with own_errors():
        found = Object.of(
            _core.load_meta(
                required(path), encoded(project), encoded(rev), flag("follow_links", follow_links), encoded(directory)
            )
        )
    if force_type is not None and found.object_type != force_type:
        raise InvalidObjectError(
            f"'{encoded(path).decode('utf-8', 'surrogateescape')}'",
            f"its object type is '{found.object_type}' and not '{force_type}'",
            "wrong-type",
        )
    return found


def link(
    source: Name | Object,
    source_project: Name | None = None,
    rev: Name | None = None,
    target: Name | None = None,
    target_project: Name | None = None,
    follow_links: bool = True,
    absolute: bool = False,
    *,
    pin: bool = False,
    plain: bool = False,
    type: str | None = None,
    force: bool = False,
    stage: bool = True,
    directory: Name | None = None,
) -> Link:
    """Makes a link to an object; with a `target` writes and stages it, both or neither.

    `follow_links` links to what a link leads to, `absolute` names the repository even where an alias would do. `pin` names
    the commit and records what is there, `plain` links to a file or directory without a metafile, as a `type` of object.
    `force` re-points a link that is held and replaces what is not a link.
    """
    if isinstance(source, Object):
        if target is None or any(given is not None for given in (source_project, rev, directory)) or plain or type:
            raise UnsupportedError(
                "cannot make a link to a loaded object so",
                "it knows where it is from, and takes a target",
                hint="name its path instead",
            )
        return source.make_link(
            target, target_project=target_project, absolute=absolute, pin=pin, force=force, stage=stage
        )
    if type is not None and not plain:
        raise UnsupportedError("'type' cannot be used", "an object with a metafile has one", hint="it is for 'plain'")
    options = link_options(
        source_project=source_project,
        rev=rev,
        target=target,
        target_project=target_project,
        follow_links=follow_links,
        absolute=absolute,
        pin=pin,
        plain=plain,
        type=type,
        force=force,
        stage=stage,
        directory=directory,
    )
    with own_errors():
        return Link.of(_core.link(required(source), **options))


def resolve(
    path: Name,
    project: Name | None = None,
    rev: Name | None = None,
    follow_links: bool = True,
    *,
    directory: Name | None = None,
) -> Finding:
    """Tells where a name leads: repository, commit, path and the id of the metafile. Names are those of load_meta."""
    with own_errors():
        return Finding.of(
            _core.resolve(
                required(path), encoded(project), encoded(rev), flag("follow_links", follow_links), encoded(directory)
            )
        )


def check(
    paths: Name | Sequence[Name] = (),
    *,
    rev: Name | None = None,
    deep: str | None = None,
    signed_by: Name | None = None,
    offline: bool = False,
    directory: Name | None = None,
) -> CheckResult:
    """Judges links: all of the registry's index, those of a `rev`, or those that git's pathspecs `paths` match.

    `deep` is `size`, `at-hand` or `hash`: how closely files of objects are looked at. `signed_by` is a file with a key or
    a CA that has to have signed them. `offline` answers from the cache. Links that do not resolve are in the result;
    `check(...).raise_for_problems()` raises for them.
    """
    specs = _listed(paths)
    with own_errors():
        found = _core.check(
            [required(spec) for spec in specs],
            encoded(rev),
            encoded(deep),
            encoded(signed_by),
            flag("offline", offline),
            encoded(directory),
        )
    return CheckResult(tuple(Finding.of(told) for told in found))


def clone(
    path: Name,
    target: Name,
    project: Name | None = None,
    rev: Name | None = None,
    fs: None = None,
    target_project: Name | None = None,
    target_fs: None = None,
    follow_links: bool = True,
    load_value: bool = False,
    *,
    plain: bool = False,
    only: Name | Sequence[Name] = (),
    hf_cache: bool = False,
    force: bool = False,
    dry_run: bool = False,
    directory: Name | None = None,
) -> tuple[ClonedFile, ...]:
    """Copies an object with its files to `target`, verified while they come, and returns the files.

    `plain` is for a file or directory that has no metafile, `only` are globs of the files that are wanted, with
    `hf_cache` the target is a cache directory of Hugging Face's library. `force` replaces files that are something else,
    `dry_run` writes nothing and tells what would be written.
    """
    _refuse_file_system("fs", fs)
    _refuse_file_system("target_fs", target_fs)
    _refuse_values("clone", load_value)
    if not flag("follow_links", follow_links):
        raise UnsupportedError(
            "cannot clone a link itself", "clone follows links", hint="link() makes another link to the same object"
        )
    with own_errors():
        files = _core.clone(
            required(path),
            required(target),
            project=encoded(project),
            rev=encoded(rev),
            target_project=encoded(target_project),
            plain=flag("plain", plain),
            only=[required(glob) for glob in _listed(only)],
            hf_cache=flag("hf_cache", hf_cache),
            force=flag("force", force),
            dry_run=flag("dry_run", dry_run),
            directory=encoded(directory),
        )
    return tuple(ClonedFile(**told) for told in files)


def _listed(names: Name | Sequence[Name]) -> list[Name]:
    return [names] if isinstance(names, (str, bytes, os.PathLike)) else list(names)


def _refuse_file_system(name: str, given: object) -> None:
    if given is not None:
        raise UnsupportedError(
            f"'{name}' cannot be used", "Git transports everything", hint="name the repository with 'project'"
        )


def _refuse_values(function: str, load_value: bool) -> None:
    if flag("load_value", load_value):
        raise UnsupportedError(
            f"{function}() cannot load values",
            "'load_value' is for MLEM itself",
            hint="clone() brings the files, and mlem.api.load() loads them from there",
        )
