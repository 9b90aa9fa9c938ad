#!/usr/bin/env python3
"""Links go round between MLEM and git-mlem: each loads what the other writes, aliases and pinned links included.

Usage: tests/python/test_mlem_links.py <git-mlem>

Where Python has MLEM, that writes and loads links here; and always the links count that it has written and loaded before:
tests/vectors/mlem. The first line that is printed says which of the two it was.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

try:
    import mlem
    import mlem.api
except ImportError:
    mlem = None

PROGRAM = os.path.abspath(sys.argv[1])
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "mlem"
GITHUB = "https://github.com/iterative/example-mlem-get-started"
MODEL = "artifacts: {}\nobject_type: model\n"
FIELDS = ("link_type", "path", "project", "rev")


def alias(path):
    return f"link_type: model\nobject_type: link\npath: {path}\n"


def cases(kind):
    for directory in sorted(VECTORS.iterdir()):
        if directory.is_dir():
            case = yaml.safe_load((directory / "case.yaml").read_text())
            if case["kind"] == kind:
                yield directory, case


class Links(unittest.TestCase):
    """The repositories that the recorded runs of MLEM were made in."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name).resolve()
        self.environment = dict(
            os.environ, HOME=str(self.root), GIT_CONFIG_NOSYSTEM="1", XDG_CACHE_HOME=str(self.root / "cache"),
            GIT_CEILING_DIRECTORIES=str(self.root), GIT_AUTHOR_NAME="Ada", GIT_AUTHOR_EMAIL="ada@example.org",
            GIT_COMMITTER_NAME="Ada", GIT_COMMITTER_EMAIL="ada@example.org", LC_ALL="C.UTF-8",
        )
        for name in subprocess.check_output(["git", "rev-parse", "--local-env-vars"], text=True).split():
            self.environment.pop(name, None)
        self.git(self.root, "config", "--global", "mlem.dialect", "project")
        self.git(self.root, "config", "--global", f"url.file://{self.root}/github.insteadOf", GITHUB)
        models = {".mlem.yaml": "", "models/rf.mlem": MODEL}
        self.commit("mr", {**models, "latest.mlem": alias("models/rf.mlem"), "latest2.mlem": alias("latest.mlem")})
        self.commit("reg", {".mlem.yaml": ""})
        self.commit("github", models)
        for tag in ("v1.0", "1.0", "2023-01-01"):
            self.git(self.root / "github", "tag", tag)
        self.git(self.root / "github", "branch", "dev-branch")

    def git(self, directory, *words):
        return subprocess.check_output(["git", "-C", directory, *words], text=True, env=self.environment).strip()

    def commit(self, name, files):
        directory = self.root / name
        subprocess.run(["git", "init", "-q", "-b", "main", directory], check=True, env=self.environment)
        for file, text in files.items():
            (directory / file).parent.mkdir(parents=True, exist_ok=True)
            (directory / file).write_text(text)
        self.git(directory, "add", ".")
        self.git(directory, "commit", "-q", "-m", "c")

    def place(self, text):
        """A directory or file of a recorded run, here."""
        return pathlib.Path(text.replace("$ROOT", str(self.root)))

    def run_program(self, directory, *words):
        done = subprocess.run([PROGRAM, *words], cwd=directory, text=True, capture_output=True, env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def resolve(self, file):
        (found,) = [json.loads(line) for line in self.run_program(file.parent, "resolve", "--json", file.name).splitlines()]
        return found

    def object_of(self, loaded):
        """Where MLEM found the object: repository, as git-mlem names it, and path."""
        location = loaded["follow"]["location"]
        return (GITHUB + "/" if "Github" in location["fs"] else None), location["path"]


class Recorded(Links):
    def test_git_mlem_writes_what_mlem_writes(self):
        for directory, case in cases("write"):
            with self.subTest(case["name"]):
                target = self.place(case["target"])
                self.run_program(self.place(case["cwd"]), *case["argv"][1:])
                expected = (directory / "expected.mlem").read_text().replace("$ROOT", str(self.root))
                if "project:" in expected and "rev:" not in expected:
                    # MLEM leaves it open which branch that is. With its name, links to GitHub load there all the same;
                    # those to a directory of this machine do not, as README.md says.
                    expected += "rev: main\n"
                self.assertEqual(target.read_text(), expected)
                self.git(target.parent, "rm", "-q", "-f", target.name)

    def test_git_mlem_finds_what_mlem_finds(self):
        for directory, case in cases("write"):
            with self.subTest(case["name"]):
                target = self.place(case["target"])
                target.write_text((directory / "expected.mlem").read_text().replace("$ROOT", str(self.root)))
                ((_, loaded),) = json.loads((directory / "readback.json").read_text())["any_cwd"].items()
                repo, path = self.object_of(loaded)
                found = self.resolve(target)
                self.assertEqual(found["path"], path)
                self.assertTrue(repo is None or found["repo"] == repo, found)
                fields = loaded["nofollow"]["fields"]
                self.assertEqual(found.get("rev"), fields.get("rev", "HEAD" if "project" in fields else None))
                target.unlink()

    def test_what_a_pin_adds_mlem_passes_over(self):
        # MLEM refuses keys that it does not know, and keeps what is in `params`, whatever that is.
        ((directory, _),) = cases("read")
        self.assertIn("params:", (directory / "input.mlem").read_text())
        self.assertTrue(json.loads((directory / "expected.json").read_text())["nofollow"]["ok"])
        registry = self.root / "reg"
        self.run_program(registry, "link", "--sp", GITHUB, "--rev", "dev-branch", "models/rf", "x")
        plain = yaml.safe_load((registry / "x.mlem").read_text())
        self.run_program(registry, "pin", "x")
        pinned = yaml.safe_load((registry / "x.mlem").read_text())
        self.assertEqual(list(pinned.pop("params")), ["git-mlem"])
        self.assertEqual(pinned, {**plain, "rev": self.git(self.root / "github", "rev-parse", "HEAD")})


@unittest.skipUnless(mlem, "Python has no MLEM")
class Live(Links):
    def load(self, file, follow_links):
        loaded = mlem.api.load_meta(str(file), follow_links=follow_links)
        return loaded.object_type, {name: getattr(loaded, name, None) for name in FIELDS}

    def test_mlem_loads_what_git_mlem_writes(self):
        registry = self.root / "mr"
        for name, words in {"a": ["models/rf", "a"], "b": ["--nf", "latest", "b"], "c": ["--abs", "models/rf", "c"],
                            "d": ["--sp", GITHUB, "--rev", "v1.0", "--pin", "models/rf", "d"]}.items():
            with self.subTest(name):
                self.run_program(registry, "link", *words)
                file = registry / f"{name}.mlem"
                written = yaml.safe_load(file.read_text())
                self.assertEqual(self.load(file, False), ("link", {name: written.get(name) for name in FIELDS}))
                if not written.get("project", "").startswith(GITHUB):
                    self.assertEqual(self.load(file, True)[0], "model")

    def test_git_mlem_reads_what_mlem_writes(self):
        registry = self.root / "mr"
        os.chdir(registry)
        self.addCleanup(os.chdir, "/")
        for name, options in {"a": {}, "b": {"absolute": True}, "c": {"follow_links": False}}.items():
            with self.subTest(name):
                mlem.api.link("latest", target=name, **options)
                self.assertEqual(self.resolve(registry / f"{name}.mlem")["path"], "models/rf.mlem")


if __name__ == "__main__":
    print(f"MLEM {mlem.__version__} itself, and links that it wrote and loaded before" if mlem
          else "links that MLEM 0.4.14 wrote and loaded before: Python has no MLEM", flush=True)
    unittest.main(argv=sys.argv[:1])
