"""Registries and their sources for the benchmarks, made by `git fast-import` from fixed seeds."""

import hashlib
import os
import pathlib
import random
import subprocess

SOURCES = 50
REVS = 8
BASE_URL = "https://git.example.com/team/"


def git(directory, *arguments, **options):
    return subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True, **options).stdout


def data(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return b"data %d\n%s\n" % (len(raw), raw)


def fast_import(directory, chunks):
    process = subprocess.Popen(
        ["git", "-C", str(directory), "fast-import", "--quiet", "--force"], stdin=subprocess.PIPE)
    for chunk in chunks:
        process.stdin.write(chunk)
    process.stdin.close()
    if process.wait() != 0:
        raise SystemExit("fast-import failed")


def commit(ref, number, parent=None):
    text = f"commit {ref}\ncommitter Bench <bench@example.com> {1700000000 + number} +0000\n".encode() + data("x")
    return text + (f"from {parent}\n".encode() if parent else b"")


def init(directory, bare=False):
    subprocess.run(["git", "init", "-q", "-b", "main", *(["--bare"] if bare else []), str(directory)], check=True)


def model(seed, uri="model", content=None):
    """A metafile as MLEM 0.4 writes it for a model of scikit-learn: about 2 KB. `content` is that of its file."""
    numbers = random.Random(seed)
    columns = "".join(f"            - column_{i}\n" for i in range(10))
    dtypes = "            - float64\n" * 10
    digest = "%032x" % numbers.getrandbits(128)
    size = numbers.randrange(10**8)
    if content is not None:
        digest, size = hashlib.md5(content).hexdigest(), len(content)

    def method(name, returns):
        return (f"      {name}:\n        args:\n        - name: X\n          type_:\n"
                f"            columns:\n{columns}            dtypes:\n{dtypes}"
                f"            index_cols: []\n            type: dataframe\n        name: {name}\n"
                f"        returns:\n          dtype: {returns}\n          shape:\n          - null\n"
                f"          type: ndarray\n")

    return (f"artifacts:\n  data:\n    hash: {digest}\n    size: {size}\n    uri: {uri}\n"
            f"call_orders:\n  predict:\n  - - model\n    - predict\n  predict_proba:\n  - - model\n"
            f"    - predict_proba\nobject_type: model\nprocessors:\n  model:\n    methods:\n"
            f"{method('predict', 'int64')}{method('predict_proba', 'float64')}    type: sklearn\nrequirements:\n"
            f"- module: sklearn\n  package_name: scikit-learn\n  version: 1.2.0\n- module: pandas\n  version: 1.5.2\n")


def make_source(directory, number, objects, revs=REVS, artifacts=False):
    """A bare repository with `objects` metafiles at each of `revs` tags, all of them different; with their files."""
    init(directory, bare=True)

    def stream():
        for rev in range(revs):
            yield commit("refs/heads/main", rev)
            for each in range(objects):
                seed = f"{number}/{rev}/{each}"
                yield f"M 100644 inline models/m{each:04}.mlem\n".encode()
                if artifacts:
                    content = random.Random(seed).randbytes(2000)
                    yield data(model(seed, f"m{each:04}", content))
                    yield f"M 100644 inline models/m{each:04}\n".encode() + data(content)
                else:
                    yield data(model(seed))
            yield f"reset refs/tags/v{rev}\nfrom refs/heads/main\n\n".encode()

    fast_import(directory, stream())
    git(directory, "repack", "-adq")


def link(number, links):
    objects = max(1, links // (SOURCES * REVS))
    source, rest = number % SOURCES, number // SOURCES
    rev, each = rest % REVS, rest // REVS % objects
    return (f"link_type: model\nobject_type: link\npath: models/m{each:04}.mlem\n"
            f"repo: {BASE_URL}s{source}/\nrev: v{rev}\n")


def link_name(number):
    return f"team{number % 100:02}/link{number:07}.mlem"


def make(directory, links, artifacts=False):
    """A registry of `links` links in `directory`/registry and its sources beside it; kept if it is there already.
    With `artifacts` the sources have the files that their objects declare."""
    directory = pathlib.Path(directory)
    registry = directory / "registry"
    if (directory / "done").exists():
        return registry
    directory.mkdir(parents=True, exist_ok=True)
    objects = max(1, links // (SOURCES * REVS))
    for number in range(SOURCES):
        make_source(directory / f"s{number}", number, objects, artifacts=artifacts)
    init(registry)

    def stream():
        yield commit("refs/heads/main", 0)
        yield b"M 100644 inline .mlem.yaml\n" + data("")
        yield b"M 100644 inline object.mlem\n" + data("object_type: model\n")
        yield b"M 100644 inline README\n" + data("readme\n")
        for number in range(links):
            yield f"M 100644 inline {link_name(number)}\n".encode() + data(link(number, links))
        # Ten links move to the next rev.
        yield commit("refs/heads/main", 1)
        for number in range(0, min(links, 10)):
            moved = link(number, links).replace("rev: v", f"rev: refs/tags/v")
            yield f"M 100644 inline {link_name(number)}\n".encode() + data(moved)

    fast_import(registry, stream())
    git(registry, "config", f"url.file://{directory}/.insteadOf", BASE_URL)
    git(registry, "repack", "-adq")
    git(registry, "read-tree", "HEAD")
    (directory / "done").touch()
    return registry


def make_checked_out(directory, links):
    """A registry of `links` links in 50 x 40 directories whose work tree and index are as after a clone: every file is
    there and known to the index. Kept if it is there."""
    registry = pathlib.Path(directory)
    if not (registry / ".git" / "done").exists():
        registry.mkdir(parents=True, exist_ok=True)
        init(registry)

        def stream():
            yield commit("refs/heads/main", 0)
            yield b"M 100644 inline .mlem.yaml\n" + data("")
            yield b"M 100644 inline object.mlem\n" + data("object_type: model\n")
            for number in range(links):
                name = f"team{number % 50:02}/group{number // 50 % 40:02}/link{number:07}.mlem"
                yield f"M 100644 inline {name}\n".encode() + data(link(number, links))

        fast_import(registry, stream())
        git(registry, "repack", "-adq")
        (registry / ".git" / "done").touch()
    git(registry, "reset", "--hard", "-q")
    return registry


def pins_of(source, revs):
    """By rev: its commit, and the ids of a source's objects by their paths."""
    found = []
    for rev in revs:
        commit_id = git(source, "rev-parse", f"{rev}^{{commit}}").decode().strip()
        lines = git(source, "ls-tree", "-r", "--format=%(path) %(objectname)", rev).decode().splitlines()
        found.append((commit_id, dict(line.split() for line in lines)))
    return found


def pinned_link(source, each, pin):
    commit_id, blobs = pin
    path = f"models/m{each:04}.mlem"
    return (f"link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: {blobs[path]}\n"
            f"    ref: refs/heads/main\npath: {path}\nrepo: {BASE_URL}s{source}/\nrev: {commit_id}\n")


def make_pinned(directory, links, sources):
    """A registry of `links` links that are pinned to what they follow, to as many objects of `sources` sources, in
    `directory`/registry; checked out. Kept if it is there."""
    directory = pathlib.Path(directory)
    registry = directory / "registry"
    if (directory / "done").exists():
        return registry
    directory.mkdir(parents=True, exist_ok=True)
    objects = links // sources
    pins = []
    for number in range(sources):
        make_source(directory / f"s{number}", number, objects, revs=1)
        pins += pins_of(directory / f"s{number}", ["main"])
    init(registry)

    def stream():
        yield commit("refs/heads/main", 0)
        yield b"M 100644 inline .mlem.yaml\n" + data("")
        for number in range(links):
            source, each = number % sources, number // sources
            yield f"M 100644 inline {link_name(number)}\n".encode() + data(pinned_link(source, each, pins[source]))

    fast_import(registry, stream())
    git(registry, "config", f"url.file://{directory}/.insteadOf", BASE_URL)
    git(registry, "repack", "-adq")
    git(registry, "reset", "--hard", "-q")
    (directory / "done").touch()
    return registry


def make_past(directory, links, commits=1000, changed=20, branches=20):
    """A registry of `links` pinned links and `commits` commits, each of which re-points `changed` of them; a branch is at
    every so many commits, and `prod` where the first one left all. Kept if it is there."""
    directory = pathlib.Path(directory)
    registry = directory / "registry"
    if (directory / "done").exists():
        return registry
    directory.mkdir(parents=True, exist_ok=True)
    objects = min(links, 1000)
    make_source(directory / "s0", 0, objects)
    pins = pins_of(directory / "s0", [f"v{rev}" for rev in range(REVS)])
    init(registry)
    numbers = random.Random(7)

    def stream():
        yield commit("refs/heads/main", 0)
        yield b"M 100644 inline .mlem.yaml\n" + data("")
        for number in range(links):
            yield f"M 100644 inline {link_name(number)}\n".encode() + data(pinned_link(0, number % objects, pins[0]))
        yield b"reset refs/heads/prod\nfrom refs/heads/main\n\n"
        for each in range(1, commits):
            yield commit("refs/heads/main", each * 3600)
            for number in numbers.sample(range(links), min(changed, links)):
                pin = pins[numbers.randrange(1, REVS)]
                yield f"M 100644 inline {link_name(number)}\n".encode() + data(pinned_link(0, number % objects, pin))
            if each % max(1, commits // branches) == 0:
                yield f"reset refs/heads/branch{each:04}\nfrom refs/heads/main\n\n".encode()

    fast_import(registry, stream())
    git(registry, "config", f"url.file://{directory}/.insteadOf", BASE_URL)
    git(registry, "repack", "-adq")
    git(registry, "commit-graph", "write", "--reachable")
    git(registry, "read-tree", "HEAD")
    (directory / "done").touch()
    return registry


def make_broken(directory):
    """A registry of 600 links that do not resolve, to a source with much that is named alike; kept if it is there."""
    directory = pathlib.Path(directory)
    registry = directory / "registry"
    if (directory / "done").exists():
        return registry
    directory.mkdir(parents=True, exist_ok=True)
    init(directory / "s0", bare=True)

    def source():
        yield commit("refs/heads/main", 0)
        for number in range(3000):
            yield f"M 100644 inline objects/number-{number}.mlem\n".encode() + data("object_type: model\n")
        for number in range(1000):
            yield f"reset refs/tags/build-{number}\nfrom refs/heads/main\n\n".encode()

    fast_import(directory / "s0", source())
    init(registry)

    def links():
        yield commit("refs/heads/main", 0)
        for number in range(300):
            for name, path, rev in (("path", f"elsewhere/number-{number}.mlem", "main"),
                                    ("rev", f"objects/number-{number}.mlem", "buidl-1")):
                yield f"M 100644 inline {name}/{number}.mlem\n".encode()
                yield data(f"link_type: model\nobject_type: link\npath: {path}\nrepo: {BASE_URL}s0/\nrev: {rev}\n")

    fast_import(registry, links())
    git(registry, "config", f"url.file://{directory}/.insteadOf", BASE_URL)
    git(registry, "read-tree", "HEAD")
    (directory / "done").touch()
    return registry


if __name__ == "__main__":
    import sys

    make(sys.argv[1], int(sys.argv[2]))
