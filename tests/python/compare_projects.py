"""Compares where links lead with where MLEM's rules of paths and projects lead them.

Usage: compare_projects.py <git-mlem> [number of trees] [first seed]. Exits 0 if every link that `git mlem check` passes ends at
the file that MLEM would load, or at none for MLEM; else 1. The trees are random with fixed seeds: projects in projects, old
markers and new ones, markers that are directories or symbolic links, paths that go up, end in `/` or have a backslash, and
chains of links through a second repository. A long run is `compare_projects.py <git-mlem> 20000`.
"""

import json
import os
import posixpath
import random
import subprocess
import sys
import tempfile

TREES_OF_A_SEED = 50
DIRECTORIES = ["", "a", "a/b", "n", "n/m"]
NAMES = ["x", "y", "z"]


class Tree:
    """Files by path: a text, or the target of a symbolic link as a tuple."""

    def __init__(self, files):
        self.files = files
        self.directories = {""}
        for path in files:
            while path:
                path = posixpath.dirname(path)
                self.directories.add(path)

    def real(self, path, links=0):
        """Returns where POSIX finds what a path names, nothing if it finds nothing."""
        at = ""
        for component in path.split("/"):
            if component in ("", "."):
                if at not in self.directories:
                    return None
                continue
            if at not in self.directories:
                return None
            if component == "..":
                at = posixpath.dirname(at)
                continue
            at = posixpath.join(at, component)
            if isinstance(self.files.get(at), tuple):
                if links > 8:
                    return None
                at = self.real(posixpath.join(posixpath.dirname(at), self.files[at][0]), links + 1)
                if at is None:
                    return None
        return at if at in self.files or at in self.directories else None

    def file(self, path):
        found = self.real(path)
        return found if found in self.files else None


def project_of(tree, directory, top, marker):
    """find_project_root(): a marker of any kind will do."""
    while True:
        if tree.real(posixpath.join(directory, marker)) is not None:
            return directory
        if directory == top:
            return None
        directory = posixpath.dirname(directory)


def find_meta(tree, path, project, is_old):
    """find_meta_location(): the path itself, else with `.mlem` behind it; MLEM 0.2 then looks below `.mlem`."""
    full = posixpath.join(project or "", path)
    for candidate in ([full] if full.endswith(".mlem") else []) + [full + ".mlem"]:
        if tree.file(candidate):
            return candidate
    if is_old and project is not None and tree.real(full) is None:
        name = path if path.endswith(".mlem") else path + ".mlem"
        found = [old for kind in ("model", "link") if tree.file(old := posixpath.join(project, ".mlem", kind, name))]
        if len(found) == 1:
            return found[0]
    return None


def follow(trees, name, top, is_old):
    """Returns the tree and the file that MLEM ends at, nothing if it stops before."""
    tree = trees["registry"]
    where = "registry"
    file = name
    project = project_of(tree, posixpath.dirname(name), top, ".mlem" if is_old else ".mlem.yaml")
    for _ in range(20):
        text = tree.files[tree.file(file)]
        fields = dict(line.split(": ", 1) for line in text.splitlines())
        if fields["object_type"] != "link":
            return where, tree.file(file)
        path = fields["path"].strip("'").replace("\\", "/")
        repo = fields.get("repo") or fields.get("project")
        if repo:
            where, tree = "source", trees["source"]
            project = repo.split("/source/", 1)[1].rstrip("/")
        file = find_meta(tree, path, posixpath.dirname(file) if project is None else project, is_old)
        if file is None:
            return None
    return None


def random_path(rng):
    name = rng.choice(NAMES)
    path = posixpath.join(rng.choice(DIRECTORIES), name + rng.choice([".mlem", ".mlem", ""]))
    return rng.choice([path] * 30 + ["../" + path, "../../" + path, "a/../" + path, "gone/../" + path, path + "/", "./" + path,
                                     path.replace("/", "//"), path.replace("/", "\\"), "a/" + path + "/..", path + "/.",
                                     "x.mlem/../" + path, ".mlem/model/" + path])


def random_tree(rng, top, source):
    """Returns the files of one case, below the directory `top`; links may lead to the repository `source`."""
    files = {}
    for directory in DIRECTORIES:
        at = posixpath.join(top, directory)
        marker = rng.randrange(14)
        if marker < 3:
            files[posixpath.join(at, ".mlem.yaml")] = ""
        elif marker == 3:
            files[posixpath.join(at, ".mlem.yaml/keep")] = ""
        elif marker == 4:
            files[posixpath.join(at, ".mlem.yaml")] = (rng.choice(["x.mlem", "gone"]),)
        if rng.randrange(7) == 0:
            files[posixpath.join(at, ".mlem", rng.choice(["model", "link"]), rng.choice(NAMES) + ".mlem")] = "object_type: model\n"
        for name in NAMES:
            kind = rng.randrange(12)
            path = posixpath.join(at, name + ".mlem")
            if kind < 5:
                files[path] = "object_type: model\n"
            elif kind < 8:
                repo = ""
                if source and rng.randrange(3) == 0:
                    repo = f"{rng.choice(['repo', 'project'])}: {source}{rng.choice([top, posixpath.join(top, 'n')])}/\nrev: main\n"
                files[path] = f"link_type: model\nobject_type: link\npath: '{random_path(rng)}'\n{repo}"
            elif kind == 8:
                files[path] = (rng.choice(["x.mlem", "../z.mlem", "gone"]),)
            elif kind == 9:
                files[path + "/keep"] = ""
    return files


def commit(directory, files):
    stream = ["commit refs/heads/main\ncommitter T <t@example.com> 1 +0000\ndata 0\n"]
    for path, content in files.items():
        text = content[0] if isinstance(content, tuple) else content
        stream.append(f"M {'120000' if isinstance(content, tuple) else '100644'} inline {path}\ndata {len(text.encode())}\n{text}\n")
    subprocess.run(["git", "init", "-q", "-b", "main", directory], check=True)
    subprocess.run(["git", "-C", directory, "fast-import", "--quiet"], input="".join(stream).encode(), check=True)


def compare(program, rng):
    """Returns how many links there were, how many passed, how many of those MLEM follows, and what differs."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(HOME=directory, GIT_CONFIG_NOSYSTEM="1", XDG_CACHE_HOME=directory + "/cache")
        tops = [f"c{i}" for i in range(TREES_OF_A_SEED)]
        source = {path: text for top in tops for path, text in random_tree(rng, top, None).items()}
        registry = {path: text for top in tops for path, text in random_tree(rng, top, f"file://{directory}/source/").items()}
        commit(directory + "/source", source)
        commit(directory + "/registry", registry)
        trees = {"source": Tree(source), "registry": Tree(registry)}
        answer = subprocess.run([program, "check", "--json", "main"], cwd=directory + "/registry", capture_output=True,
                                encoding="utf-8", check=False)
    findings = [json.loads(line) for line in answer.stdout.splitlines()]
    passed = [finding for finding in findings if finding["verdict"] == "ok"]
    followed = 0
    differ = []
    for finding in passed:
        name = finding["link"]
        ours = ("source" if finding.get("repo") else "registry", finding["path"])
        for is_old in (False, True) if "\nrepo: " in registry[name] else (False,):
            theirs = follow(trees, name, name.split("/")[0], is_old)
            followed += theirs is not None
            if theirs is not None and theirs != ours:
                differ.append(f"{name}: {registry[name]!r}: MLEM {'0.2.0' if is_old else '0.4.14'} ends at {theirs}, git-mlem at {ours}")
    return len(findings), len(passed), followed, differ


def main(program, count, first_seed):
    links = passed = followed = failures = 0
    for seed in range(first_seed, first_seed + count // TREES_OF_A_SEED):
        counts = compare(program, random.Random(seed))
        links, passed, followed = links + counts[0], passed + counts[1], followed + counts[2]
        for line in counts[3][:5]:
            print(f"seed {seed}: {line}")
        failures += len(counts[3])
    print(f"{links} links, {passed} passed, {followed} times followed by MLEM, {failures} differ")
    return 1 if failures or not followed else 0


if __name__ == "__main__":
    arguments = sys.argv[2:] + ["1500", "1"][len(sys.argv) - 2:]
    sys.exit(main(os.path.abspath(sys.argv[1]), int(arguments[0]), int(arguments[1])))
