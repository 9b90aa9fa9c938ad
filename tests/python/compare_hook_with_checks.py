"""Compares what the hooks refuse with what two full checks see, the one before a change and the one after it.

Usage: compare_hook_with_checks.py <git-mlem> [<pairs> [<seed>]]. The trees are random with a fixed seed: objects, links,
aliases, pins, chains of up to 17 links, markers of projects, attributes, and all of these broken. A hook has to report
the links that are broken and new or changed, and those that did not change, were good before and are broken after; and
nothing else. A link that keeps its content under another name or mode did not change. Exits 0 if all pairs agree, else 1.
"""

import collections
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile

DIRECTORIES = ["", "d/", "d/e/", ".mlem/link/", ".mlem/model/", "d/.mlem/model/"]
NAMES = [directory + letter for directory in DIRECTORIES for letter in "abcd"]
CHAIN = [f"chain/{i:02}" for i in range(17)]


def blob_id(text):
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def git(repository, *arguments, **options):
    return subprocess.run(["git", *arguments], cwd=repository, check=True, stdout=subprocess.PIPE, **options).stdout


def make_source(directory):
    """A source with objects, links to them, and chains of links, at the tag v1; other objects at v2."""
    git(None, "init", "-q", directory)
    for version in ("v1", "v2"):
        files = {"m": f"object_type: model\nx: {version}\n", "n": "object_type: data\n",
                 "l1": "link_type: model\nobject_type: link\npath: m\n",
                 "l2": "link_type: model\nobject_type: link\npath: l1\n"}
        for name, text in files.items():
            with open(f"{directory}/{name}.mlem", "w", encoding="utf-8") as file:
                file.write(text)
        git(directory, "add", ".")
        git(directory, "commit", "-qm", version)
        git(directory, "tag", version)


class Generator:
    """A tree that changes a little at every step."""

    def __init__(self, rng, source):
        self.rng = rng
        self.source = source
        self.files = {}  # by name: mode and text
        for _ in range(12):
            self.put(self.rng.choice(NAMES))
        if rng.random() < 0.5:
            self.make_chain()

    def link(self, path, type_="model", repo=None, rev=None, blob=None):
        lines = [f"link_type: {type_}", "object_type: link"]
        if blob:
            lines += ["params:", "  git-mlem:", f"    blob: {blob}"]
        lines.append(f"path: {path}")
        if repo:
            lines.append(f"repo: {repo}")
        if rev:
            lines.append(f"rev: {rev}")
        return "\n".join(lines) + "\n"

    def target(self):
        """What an alias leads to: mostly something that is there."""
        there = [name[:-5] for name in sorted(self.files) if name.endswith(".mlem")]
        name = self.rng.choice(there if there and self.rng.random() < 0.8 else NAMES)
        if self.rng.random() < 0.3:
            name = name.rpartition("/")[2]
        if self.rng.random() < 0.1:
            name = self.rng.choice(["d/../", "d/e/../../", "x/../", "../"]) + name
        return name + self.rng.choice(["", ".mlem"])

    def text(self):
        rng = self.rng
        kind = rng.randrange(12)
        if kind < 2:
            return rng.choice(["object_type: model\n", "object_type: data\n", "object_type: model\nx: 1\n"])
        if kind < 5:
            return self.link(rng.choice(["m", "m", "l1", "l2", "n", "gone"]), repo=self.source,
                             rev=rng.choice(["v1", "v1", "v2", "gone"]))
        if kind == 5:
            return rng.choice(["[]\n", "object_type: link\n", "a: b\n", self.link("m", type_="data", repo=self.source, rev="v1")])
        blob = None
        if kind > 9:
            blob = blob_id(rng.choice(sorted(self.files.values()))[1]) if self.files else "1" * 40
        return self.link(self.target(), type_=rng.choice(["model", "model", "model", "data"]), blob=blob)

    def put(self, name):
        self.files[name + ".mlem"] = ("100644", self.text())

    def make_chain(self):
        """So long that one hop more is too many for its last links."""
        self.files[CHAIN[0] + ".mlem"] = ("100644", self.link(self.rng.choice(["m", "l1"]), repo=self.source, rev="v1"))
        for before, name in zip(CHAIN, CHAIN[1:]):
            self.files[name + ".mlem"] = ("100644", self.link(before + ".mlem"))

    def toggle(self, name, text):
        if self.files.pop(name, None) is None:
            self.files[name] = ("100644", text)

    def step(self):
        rng = self.rng
        for _ in range(rng.randrange(1, 4)):
            there = [name for name in sorted(self.files) if name.endswith(".mlem")]
            kind = rng.randrange(12)
            if kind < 4 or not there:
                self.put(rng.choice(NAMES))
            elif kind < 6:
                self.put(rng.choice(there)[:-5])
            elif kind == 6:
                del self.files[rng.choice(there)]
            elif kind == 7:
                self.files[rng.choice(NAMES) + ".mlem"] = self.files.pop(rng.choice(there))
            elif kind == 8:
                name = rng.choice(there)
                mode, text = self.files[name]
                self.files[name] = ("100755" if mode == "100644" else "100644", text)
            elif kind == 9:
                # A directory and a symbolic link of that name too.
                directory = rng.choice(["", "d/", "d/e/", "chain/"])
                if rng.random() < 0.2:
                    self.toggle(directory + ".mlem.yaml/x", "x\n")
                    self.files.pop(directory + ".mlem.yaml", None)
                else:
                    self.toggle(directory + ".mlem.yaml", "core: {}\n")
                    self.files.pop(directory + ".mlem.yaml/x", None)
                    if directory + ".mlem.yaml" in self.files and rng.random() < 0.2:
                        self.files[directory + ".mlem.yaml"] = ("120000", "nowhere")
                if rng.random() < 0.3:
                    self.toggle("x/note", "x\n")
            elif kind == 10:
                self.toggle(rng.choice(["", "d/"]) + ".gitattributes",
                            rng.choice(["*.txt text\n", "*.mlem filter=lfs\n", "[ab].mlem working-tree-encoding=UTF-16\n"]))
            elif CHAIN[0] + ".mlem" in self.files:
                self.files[CHAIN[0] + ".mlem"] = ("100644", self.link(rng.choice(["m", "l1", "l2"]), repo=self.source, rev="v1"))
            else:
                self.make_chain()


def former_names(before, after):
    """What a file was called whose content did not change, by its new name."""
    gone = collections.defaultdict(list)
    for name in sorted(before.keys() - after.keys(), key=str.encode):
        gone[before[name][1]].append(name)
    names = {}
    for name in sorted(after, key=str.encode):
        if not name.endswith(".mlem"):
            continue
        text = after[name][1]
        if name in before:
            if before[name][1] == text:
                names[name] = name
        else:
            rest = [other for other in gone[text] if other.endswith(".mlem")]
            if rest:
                names[name] = rest[0]
                gone[text].remove(rest[0])
    return names


class Comparison:
    def __init__(self, program, directory, seed):
        self.program = program
        self.rng = random.Random(seed)
        self.environment = dict(os.environ, HOME=directory, GIT_CONFIG_NOSYSTEM="1", XDG_CACHE_HOME=directory + "/cache",
                                GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="a",
                                GIT_COMMITTER_EMAIL="a@example.com")
        os.environ.update(self.environment)
        self.source = directory + "/source"
        self.registry = directory + "/registry.git"
        make_source(self.source)
        git(None, "init", "-q", "--bare", self.registry)
        for key, value in (("mlem.allowProtocol", "file"), ("mlem.serverHints", "true"), ("mlem.hookTimeout", "0")):
            git(self.registry, "config", key, value)

    def make_trees(self, count):
        """Returns the files and the commits of random trees, each a little different from the one before."""
        trees = []
        stream = []
        generator = None
        for i in range(count):
            if i % 40 == 0:
                generator = Generator(self.rng, f"file://{self.source}/")
            else:
                generator.step()
            trees.append(dict(generator.files))
            stream.append(f"commit refs/heads/trees\nmark :{i + 1}\ncommitter a <a@example.com> {i} +0000\ndata 0\ndeleteall\n")
            for name, (mode, text) in generator.files.items():
                stream.append(f"M {mode} inline {name}\ndata {len(text.encode())}\n{text}\n")
        marks = self.registry + "/marks"
        git(self.registry, "fast-import", "--quiet", f"--export-marks={marks}", input="".join(stream).encode())
        commits = [""] * count
        with open(marks, encoding="utf-8") as file:
            for line in file:
                mark, commit = line.split()
                commits[int(mark[1:]) - 1] = commit
        return trees, commits

    def run(self, *arguments, **options):
        result = subprocess.run([self.program, *arguments], cwd=self.registry, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)
        if result.returncode not in (0, 1, 2):
            raise RuntimeError(f"{arguments}: {result.returncode}: {result.stderr.decode()}")
        return [json.loads(line) for line in result.stdout.decode().splitlines()]

    def full_check(self, commit):
        return {finding["link"]: finding["verdict"] for finding in self.run("check", "--json", commit)}

    def pushes(self, commits):
        """What pre-receive says of every change, as of a ref of its own."""
        lines = [f"{before} {after} refs/heads/p{i}" for i, (before, after) in enumerate(zip(commits, commits[1:]))]
        told = collections.defaultdict(dict)
        for finding in self.run("hook", "--json", "pre-receive", input=("\n".join(lines) + "\n").encode()):
            told[int(finding["pushed_ref"].removeprefix("refs/heads/p"))][finding.get("link")] = finding["verdict"]
        return told

    def commit_hook(self, before, after):
        git(self.registry, "update-ref", "--no-deref", "HEAD", before)
        git(self.registry, "read-tree", after)
        return {finding["link"]: finding["verdict"] for finding in self.run("hook", "--json", "pre-commit")}

    def compare(self, pairs):
        trees, commits = self.make_trees(pairs + 1)
        verdicts = [self.full_check(commit) for commit in commits]
        pushed = self.pushes(commits)
        counts = collections.Counter()
        for i in range(pairs):
            names = former_names(trees[i], trees[i + 1])
            expected = {}
            for name, verdict in verdicts[i + 1].items():
                if verdict == "ok":
                    continue
                was_good = name not in names or verdicts[i].get(names[name], "ok") == "ok"  # an object has none
                if was_good:
                    expected[name] = verdict
                counts["new or changed" if name not in names else "unchanged and broken" if was_good else "forgiven"] += 1
            answers = {"pre-receive": pushed[i]}
            if i % 8 == 0:
                answers["pre-commit"] = self.commit_hook(commits[i], commits[i + 1])
            for hook, answer in answers.items():
                broken = {name: verdict for name, verdict in answer.items() if verdict != "ok"}
                if broken != expected:
                    print(f"pair {i}, {hook}: {commits[i]} {commits[i + 1]}\n  told:     {sorted(broken.items())}\n"
                          f"  expected: {sorted(expected.items())}")
                    counts["wrong"] += 1
        print(f"{pairs} pairs: {counts['new or changed']} broken links that are new or changed, {counts['unchanged and broken']} "
              f"that the change broke, {counts['forgiven']} that were broken before; {counts['wrong']} wrong answers")
        # Or nothing has been compared.
        enough = min(counts["new or changed"], counts["unchanged and broken"], counts["forgiven"]) > pairs // 20
        return 0 if enough and counts["wrong"] == 0 else 1


def main():
    program = os.path.abspath(sys.argv[1])
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with tempfile.TemporaryDirectory() as directory:
        return Comparison(program, os.path.realpath(directory), seed).compare(pairs)


if __name__ == "__main__":
    sys.exit(main())
