"""Objects and links: values that are read only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any, Mapping

from git_mlem import _core
from git_mlem._calls import Name, encoded, flag, own_errors, required


@dataclass(frozen=True)
class Argument:
    """An argument of a method."""

    name: str
    type: str
    """In a few words: `dataframe of 4 columns`."""
    required: bool
    default: str
    """As JSON, of one that need not be given."""
    keyword_only: bool


@dataclass(frozen=True)
class Method:
    """A method of a model as its callers see it."""

    name: str
    arguments: tuple[Argument, ...]
    returns: str
    """The result's type in a few words."""
    signature: str
    """As in Python: `(X: dataframe of 4 columns) -> ndarray of int64, shape (any)`."""


@dataclass(frozen=True)
class Requirement:
    """What an object needs to be used."""

    kind: str
    """`installable`, `custom`, `unix`, ..."""
    name: str
    """The module or package."""
    version: str
    """May be empty."""
    origin: str
    """What else says where it comes from; of `custom` its code."""


@dataclass(frozen=True)
class DeclaredFile:
    """A file that belongs to an object, as the metafile says it."""

    name: str
    uri: str
    hash: str
    size: str
    """In bytes, as it is written."""
    type: str
    """`dvc`, ...; empty for a file beside the metafile."""


@dataclass(frozen=True)
class Object:
    """A MLEM object's metadata, and where it was found. The object itself, such as a model's weights, is not loaded."""

    object_type: str
    """`model`, `data`, ...; `link` with `follow_links=False` only."""
    repo: str
    """The repository's address; empty for the registry itself."""
    commit: str
    """The full id of the commit it was read from; empty in an index or work tree."""
    path: str
    """From the repository's root, with `.mlem`."""
    text: str
    """The metafile as it is: YAML."""
    _handle: _core.Object = field(repr=False, compare=False)

    @classmethod
    def of(cls, found: _core.Object) -> Object:
        """Makes one of the extension's."""
        return cls(found.object_type, found.repo, found.commit, found.path, found.text, found)

    def __getstate__(self) -> dict[str, Any]:
        # Without what is remembered of it: it is made again when it is asked for.
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def to_dict(self) -> dict[str, Any]:
        """What the metafile says, under its own keys: a dictionary of one's own. Dates are text."""
        with own_errors():
            data: dict[str, Any] = json.loads(self._handle.json())
        return data

    @cached_property
    def _description(self) -> Mapping[str, Any]:
        with own_errors():
            return self._handle.description()

    @property
    def model_type(self) -> str:
        """Of a model what its framework is, such as `sklearn`; of data the type of its reader."""
        return str(self._description["format"])

    @property
    def data_type(self) -> str:
        """What a data object holds, in a few words."""
        return str(self._description["data"])

    @cached_property
    def methods(self) -> Mapping[str, Method]:
        """The methods of a model by name, whichever version of MLEM wrote it."""
        methods = {}
        for told in self._description["methods"]:
            arguments = tuple(Argument(**argument) for argument in told["arguments"])
            values: dict[str, Any] = dict(told, arguments=arguments)
            methods[values["name"]] = Method(**values)
        return MappingProxyType(methods)

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """What it needs to be used."""
        return tuple(Requirement(**told) for told in self._description["requirements"])

    @cached_property
    def artifacts(self) -> Mapping[str, DeclaredFile]:
        """The files that belong to it by name. `clone` brings them, `check(deep=...)` tells whether they are there."""
        return MappingProxyType({told["name"]: DeclaredFile(**told) for told in self._description["files"]})

    @property
    def params(self) -> Mapping[str, Any]:
        """What its author noted of it."""
        params = self.to_dict().get("params")
        return MappingProxyType(params if isinstance(params, dict) else {})

    @cached_property
    def link(self) -> Link | None:
        """The link that this object is; None if it is none."""
        with own_errors():
            found = self._handle.link()
        return Link.of(found) if found is not None else None

    def make_link(
        self,
        path: Name,
        *,
        target_project: Name | None = None,
        absolute: bool = False,
        pin: bool = False,
        force: bool = False,
        stage: bool = True,
    ) -> Link:
        """Makes a link to this object and writes it to `path`; see `git_mlem.api.link`."""
        required(path)
        options = link_options(
            target=path, target_project=target_project, absolute=absolute, pin=pin, force=force, stage=stage
        )
        with own_errors():
            return Link.of(self._handle.make_link(**options))


@dataclass(frozen=True)
class Link:
    """The fields of a link file."""

    link_type: str
    path: str
    repo: str
    """Empty for an alias, and for a link into this repository."""
    rev: str
    """As it was asked for; may be empty."""
    file: str
    """The link file from the work tree's root; empty if it was not written."""
    _handle: _core.Link = field(repr=False, compare=False)

    @classmethod
    def of(cls, made: _core.Link) -> Link:
        """Makes one of the extension's."""
        return cls(made.link_type, made.path, made.repo, made.rev, made.file, made)

    def load_link(self) -> Object:
        """Finds the object that the link leads to."""
        with own_errors():
            return Object.of(self._handle.load_link())


def link_options(
    *,
    source_project: Name | None = None,
    rev: Name | None = None,
    target: Name | None = None,
    target_project: Name | None = None,
    follow_links: bool = True,
    absolute: bool = False,
    pin: bool = False,
    plain: bool = False,
    type: str | None = None,
    force: bool = False,
    stage: bool = True,
    directory: Name | None = None,
) -> dict[str, bytes | bool]:
    """The options of a link as the extension takes them."""
    return {
        "source_project": encoded(source_project),
        "rev": encoded(rev),
        "target": encoded(target),
        "target_project": encoded(target_project),
        "follow_links": flag("follow_links", follow_links),
        "absolute": flag("absolute", absolute),
        "pin": flag("pin", pin),
        "plain": flag("plain", plain),
        "type": encoded(type),
        "force": flag("force", force),
        "stage": flag("stage", stage),
        "directory": encoded(directory),
    }
