#!/usr/bin/env python3
"""The Python module as it is installed, on real repositories, some of them behind a server on the loopback interface.

Usage: tests/python/test_module.py <directory of git-mlem>, with the Python that the module is installed for
"""

import copy
import dataclasses
import http.server
import importlib.metadata
import importlib.resources
import math
import os
import pathlib
import pickle
import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest

import git_mlem
from git_mlem.api import check, clone, link, load_meta, resolve

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

MODEL = """\
artifacts:
  data:
    hash: 5d41402abc4b2a76b9719d911017c592
    size: 5
    uri: rf
call_orders:
  predict:
  - - model
    - predict
object_type: model
params:
  trained: 2026-03-02
processors:
  model:
    methods:
      predict:
        args:
        - name: X
          type_:
            columns: [a, b]
            dtypes: [int64, int64]
            index_cols: []
            type: dataframe
        name: predict
        returns:
          dtype: int64
          shape: [null]
          type: ndarray
    type: sklearn
requirements:
- module: sklearn
  version: 1.2.0
"""


class GitHandler(http.server.BaseHTTPRequestHandler):
    """Serves the repositories below `root` by `git http-backend`."""

    protocol_version = "HTTP/1.0"
    root = ""

    def answer(self):
        path, _, query = self.path.partition("?")
        environment = dict(
            os.environ,
            GIT_PROJECT_ROOT=self.root,
            GIT_HTTP_EXPORT_ALL="1",
            PATH_INFO=path,
            QUERY_STRING=query,
            REQUEST_METHOD=self.command,
            CONTENT_TYPE=self.headers.get("Content-Type", ""),
            GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
        )
        if self.headers.get("Content-Encoding"):
            environment["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answered = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
        head, _, content = answered.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class World(unittest.TestCase):
    """A repository of models, a registry, and a home of their own for git."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = pathlib.Path(scratch.name).resolve()
        self.former = dict(os.environ)
        self.addCleanup(self.restore)
        for name in subprocess.check_output(["git", "rev-parse", "--local-env-vars"], text=True).split():
            os.environ.pop(name, None)
        os.environ.update(
            HOME=str(self.path), GIT_CONFIG_NOSYSTEM="1", XDG_CACHE_HOME=str(self.path / "cache"),
            GIT_CEILING_DIRECTORIES=str(self.path), GIT_AUTHOR_NAME="Ada", GIT_AUTHOR_EMAIL="ada@example.org",
            GIT_COMMITTER_NAME="Ada", GIT_COMMITTER_EMAIL="ada@example.org", GIT_TERMINAL_PROMPT="0", LC_ALL="C.UTF-8",
        )
        self.models = self.repository("models")
        self.write(self.models, "models/rf.mlem", MODEL)
        self.write(self.models, "models/rf", "hello")
        self.first = self.commit(self.models)
        self.git(self.models, "tag", "v1")
        self.registry = self.repository("registry")
        self.commit(self.registry)
        os.chdir(self.registry)

    def restore(self):
        os.chdir("/")
        os.environ.clear()
        os.environ.update(self.former)

    def git(self, directory, *words):
        done = subprocess.run(["git", "-C", directory, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def repository(self, name):
        path = self.path / name
        subprocess.run(["git", "init", "-q", "-b", "main", path], check=True)
        self.write(path, ".mlem.yaml", "")
        return path

    def write(self, directory, name, text):
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, directory):
        self.git(directory, "add", ".")
        self.git(directory, "commit", "-q", "-m", "c")
        return self.git(directory, "rev-parse", "HEAD")

    def serve(self):
        """Serves the repositories over HTTP. Returns the address that they are below."""
        GitHandler.root = str(self.path)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GitHandler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_address[1]}"

    def raised(self, kind, function, *words, **options):
        with self.assertRaises(kind) as caught:
            function(*words, **options)
        self.assertIs(type(caught.exception), kind)
        return caught.exception


class LoadMeta(World):
    def test_tells_what_a_model_says_of_itself(self):
        found = load_meta("models/rf", project=self.models, rev="v1")
        self.assertEqual(
            (found.object_type, found.repo, found.commit, found.path, found.text),
            ("model", f"file://{self.models}/", self.first, "models/rf.mlem", MODEL),
        )
        self.assertEqual(found.model_type, "sklearn")
        self.assertEqual(list(found.methods), ["predict"])
        predict = found.methods["predict"]
        self.assertEqual(predict.signature, "(X: dataframe of 2 columns) -> ndarray of int64, shape (any)")
        self.assertEqual(
            predict.arguments, (git_mlem.Argument("X", "dataframe of 2 columns", True, "", False),)
        )
        self.assertEqual(predict.returns, "ndarray of int64, shape (any)")
        self.assertEqual(found.requirements, (git_mlem.Requirement("installable", "sklearn", "1.2.0", ""),))
        self.assertEqual(
            dict(found.artifacts),
            {"data": git_mlem.DeclaredFile("data", "rf", "5d41402abc4b2a76b9719d911017c592", "5", "")},
        )
        self.assertEqual(dict(found.params), {"trained": "2026-03-02"})
        self.assertEqual(found.to_dict()["call_orders"], {"predict": [["model", "predict"]]})
        self.assertIsNone(found.link)

    def test_returns_what_is_read_only(self):
        found = load_meta("models/rf", project=self.models)
        with self.assertRaises(dataclasses.FrozenInstanceError):
            found.commit = ""
        with self.assertRaises(TypeError):
            found.methods["other"] = found.methods["predict"]
        with self.assertRaises(TypeError):
            found.params["trained"] = "now"
        found.to_dict()["object_type"] = "other"
        self.assertEqual(found.to_dict()["object_type"], "model")

    def test_follows_links_unless_it_is_told_not_to(self):
        link("models/rf", source_project=self.models, rev="v1", target="production/rf")
        self.assertEqual(load_meta("production/rf").commit, self.first)
        found = load_meta(pathlib.Path("production/rf.mlem"), follow_links=False)
        self.assertEqual(found.object_type, "link")
        self.assertEqual((found.link.link_type, found.link.path, found.link.rev), ("model", "models/rf.mlem", "v1"))
        self.assertEqual(found.link.load_link().commit, self.first)

    def test_works_outside_of_a_repository(self):
        os.chdir(self.path)
        self.assertEqual(load_meta("models/rf", str(self.models), "v1").commit, self.first)
        error = self.raised(git_mlem.MlemError, load_meta, "rf")
        self.assertEqual(error.args, (f"'{self.path}/rf' is in no Git repository", "", "", "", ()))

    def test_reads_over_http(self):
        address = self.serve() + "/models/.git"
        found = load_meta("models/rf", project=address, rev="v1")
        self.assertEqual((found.repo, found.commit), (address + "/", self.first))

    def test_errors_tell_verdict_reason_and_hint(self):
        error = self.raised(git_mlem.NotFoundError, load_meta, "models/rf", project=self.models, rev="v2")
        self.assertEqual(error.verdict, "missing-rev")
        self.assertEqual(error.what, "'models/rf'")
        self.assertEqual(error.why, "no branch, tag or commit 'v2'")
        self.assertEqual(str(error), f"'models/rf': missing-rev: no branch, tag or commit 'v2'\nhint: {error.hint}")
        (finding,) = error.findings
        self.assertEqual((finding.verdict, finding.rev, finding.repo), ("missing-rev", "v2", f"file://{self.models}/"))
        self.assertFalse(finding.ok or finding.undecided)
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(again), again.args), (type(error), error.args))

    def test_errors_are_of_a_kind(self):
        rows = {
            "models/none": (git_mlem.NotFoundError, "missing-path"),
            "models/rf.txt": (git_mlem.NotFoundError, "missing-path"),
            "broken": (git_mlem.InvalidObjectError, "invalid-link"),
        }
        self.write(self.models, "broken.mlem", "a: [")
        self.commit(self.models)
        for name, (kind, verdict) in rows.items():
            with self.subTest(name):
                self.assertEqual(self.raised(kind, load_meta, name, project=self.models).verdict, verdict)
        error = self.raised(git_mlem.NotFoundError, load_meta, "m", project=self.path / "none")
        self.assertEqual(error.verdict, "missing-repo")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{taken.getsockname()[1]}/m"
            error = self.raised(git_mlem.UndecidedError, load_meta, "m", project=address)
        self.assertEqual(error.verdict, "unreachable")
        self.assertTrue(error.findings[0].undecided)

    def test_every_verdict_has_a_kind(self):
        kinds = {
            "unsigned": git_mlem.UntrustedError,
            "forbidden": git_mlem.UntrustedError,
            "artifact-mismatch": git_mlem.ArtifactError,
            "cycle": git_mlem.InvalidObjectError,
        }
        for verdict, kind in kinds.items():
            self.assertIs(git_mlem.errors.kind_of(verdict, False), kind)
        page = (ROOT / "man/man1/git-mlem.1").read_text()
        for verdict in git_mlem.errors._KINDS:
            self.assertIn(verdict.replace("-", "\\-"), page)

    def test_an_empty_name_is_a_mistake(self):
        calls = [
            lambda: load_meta("models/rf", self.models, rev=""),
            lambda: load_meta("", self.models),
            lambda: link("models/rf", self.models, "", "rf"),
            lambda: link("models/rf", self.models, "v1", ""),
            lambda: check(""),
            lambda: check(["rf", ""]),
            lambda: check(deep=""),
        ]
        for call in calls:
            self.assertEqual(str(self.raised(git_mlem.UnsupportedError, call)), "invalid name '': it is empty")
        for call in (lambda: load_meta(None), lambda: clone("models/rf", None, self.models)):
            with self.assertRaises(TypeError):
                call()

    def test_wants_the_type_that_is_asked_for(self):
        self.assertEqual(load_meta("models/rf", self.models, force_type="model").object_type, "model")
        error = self.raised(git_mlem.InvalidObjectError, load_meta, "models/rf", self.models, force_type="data")
        self.assertEqual(str(error), "'models/rf': wrong-type: its object type is 'model' and not 'data'")

    def test_says_what_it_does_not_do(self):
        error = self.raised(git_mlem.UnsupportedError, load_meta, "models/rf", load_value=True)
        self.assertEqual(
            str(error),
            "load_meta() cannot load values: 'load_value' is for MLEM itself\n"
            "hint: clone() brings the files, and mlem.api.load() loads them from there",
        )
        self.assertIsInstance(error, ValueError)
        self.raised(git_mlem.UnsupportedError, load_meta, "models/rf", fs=object())


    def test_numbers_are_those_of_python(self):
        numbers = {
            "12345678901234567890123456789": 12345678901234567890123456789,
            "-1_000_000_000_000_000_000_000": -(10**21),
            "+18446744073709551616": 2**64,
            "0x1_0000_0000_0000_0000": 2**64,
            "-0b1" + "0" * 70: -(2**70),
            "01" + "0" * 30: 8**30,
            "9223372036854775808": 2**63,
            ".inf": math.inf,
            "-.INF": -math.inf,
            "1.0e+400": math.inf,
            "-1.0e-400": 0.0,
            "'.inf'": ".inf",
            '"12345678901234567890123456789"': "12345678901234567890123456789",
            "!!str .inf": ".inf",
            "0x_": "0x_",
        }
        lines = [f"  n{number}: {text}\n" for number, text in enumerate(numbers)]
        text = "object_type: model\nparams:\n  nan: .NaN\n" + "".join(lines)
        self.write(self.models, "numbers.mlem", text + "  list: [.inf, [], {}, {a: 1}]\n")
        self.commit(self.models)
        params = load_meta("numbers", self.models).to_dict()["params"]
        self.assertTrue(math.isnan(params.pop("nan")))
        self.assertEqual(params.pop("list"), [math.inf, [], {}, {"a": 1}])
        self.assertEqual(list(params.values()), list(numbers.values()))

    def test_what_was_found_can_be_pickled_and_copied(self):
        link("models/rf", self.models, "v1", "rf")
        found = load_meta("models/rf", self.models, "v1")
        read = load_meta("rf", follow_links=False)
        self.assertTrue(found.methods and found.requirements and found.artifacts and read.link)
        self.write(self.models, "alias.mlem", "link_type: model\nobject_type: link\npath: models/rf.mlem\n")
        self.commit(self.models)
        in_commit = load_meta("alias", self.models, "main", follow_links=False)
        for again in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
            object_again, read_again, link_again = again(found), again(read), again(read.link)
            self.assertEqual((object_again, read_again, link_again), (found, read, read.link))
            self.assertEqual(object_again.methods, found.methods)
            self.assertEqual(object_again.to_dict(), found.to_dict())
            self.assertEqual(object_again.make_link("copy", force=True).rev, "v1")
            self.assertEqual(read_again.link.load_link().commit, self.first)
            self.assertEqual(link_again.load_link().commit, self.first)
            self.assertEqual(again(in_commit.link).load_link(), in_commit.link.load_link())
            self.assertEqual(again(made := link("models/rf", self.models, "v1")).load_link(), made.load_link())
        with self.assertRaises(ValueError):
            found._handle.__class__.__new__(found._handle.__class__).__setstate__((0,))


class LinkTest(World):
    def test_writes_and_stages_a_link(self):
        made = link("models/rf", source_project=self.models, rev="v1", target="production/rf")
        self.assertEqual((made.link_type, made.path, made.rev), ("model", "models/rf.mlem", "v1"))
        self.assertEqual(made.file, "production/rf.mlem")
        self.assertEqual(self.git(self.registry, "diff", "--cached", "--name-only"), "production/rf.mlem")
        self.assertEqual(made.load_link().commit, self.first)

    def test_takes_a_type_for_what_has_none_alone(self):
        error = self.raised(git_mlem.UnsupportedError, link, "models/rf", self.models, "v1", "rf", type="data")
        self.assertEqual(str(error), "'type' cannot be used: an object with a metafile has one\nhint: it is for 'plain'")

    def test_writes_nothing_without_a_target(self):
        self.assertEqual(link("models/rf", self.models, "v1").file, "")
        self.assertEqual(self.git(self.registry, "status", "--porcelain"), "")

    def test_pins(self):
        link("models/rf", self.models, "main", "production/rf", pin=True)
        self.assertIn(f"rev: {self.first}\n", (self.registry / "production/rf.mlem").read_text())

    def test_links_to_what_was_loaded(self):
        found = load_meta("models/rf", self.models, "v1")
        self.assertEqual(link(found, target="a").rev, "v1")
        self.assertEqual(found.make_link("b", stage=False).file, "b.mlem")
        self.assertEqual(self.git(self.registry, "status", "--porcelain"), "A  a.mlem\n?? b.mlem")
        error = self.raised(git_mlem.UnsupportedError, link, found, rev="v1", target="c")
        self.assertEqual(error.hint, "name its path instead")

    def test_refuses_what_does_not_resolve(self):
        error = self.raised(git_mlem.NotFoundError, link, "models/none", self.models, "v1", "production/rf")
        self.assertEqual(error.verdict, "missing-path")
        self.assertFalse((self.registry / "production").exists())

    def test_writes_into_a_directory_that_is_named(self):
        os.chdir(self.path)
        link("models/rf", self.models, "v1", "rf", directory=self.registry)
        self.assertTrue((self.registry / "rf.mlem").exists())


    def test_an_argument_that_is_not_true_or_false_is_a_mistake(self):
        calls = {
            "pin": lambda: link("models/rf", self.models, pin="yes"),
            "stage": lambda: load_meta("models/rf", self.models).make_link("rf", stage=[]),
            "follow_links": lambda: load_meta("models/rf", self.models, follow_links="no"),
            "offline": lambda: check(offline={}),
            "force": lambda: clone("models/rf", "rf", self.models, force="no"),
            "load_value": lambda: load_meta("models/rf", self.models, load_value="no"),
        }
        for name, call in calls.items():
            with self.assertRaisesRegex(TypeError, f"^'{name}' is True or False, and not a (str|list|dict)$"):
                call()
        self.assertEqual(link("models/rf", self.models, "v1", "rf", stage=0).file, "rf.mlem")

    def test_hints_are_in_words_of_python(self):
        self.write(self.registry, "rf.mlem", "object_type: model\n")
        error = self.raised(git_mlem.MlemError, link, "models/rf", self.models, "v1", "rf")
        self.assertEqual(error.hint, "'force=True' replaces it")
        hints = {
            "run the command without --offline": "run the command without 'offline=True'",
            "'-n' says what it would do": "'dry_run=True' says what it would do",
            "'--deep=hash' reads their bytes": "'deep=hash' reads their bytes",
            "'git config --global --add safe.directory /a' allows it":
                "'git config --global --add safe.directory /a' allows it",
            "without '--onto' the links are staged there": "without '--onto' the links are staged there",
        }
        for hint, words in hints.items():
            self.assertEqual(git_mlem._hints.in_arguments(hint), words)


class CheckTest(World):
    def setUp(self):
        super().setUp()
        link("models/rf", self.models, "v1", "good")
        self.write(self.registry, "bad.mlem", f"link_type: model\nobject_type: link\npath: m\nrepo: {self.models}\nrev: v9\n")
        self.commit(self.registry)

    def test_judges_links(self):
        result = check()
        self.assertEqual([(f.link, f.verdict) for f in result], [("bad.mlem", "missing-rev"), ("good.mlem", "ok")])
        self.assertEqual((len(result), result.ok, result.problems), (2, False, (result.findings[0],)))
        good = result.findings[1]
        self.assertEqual((good.commit, good.path, good.ref), (self.first, "models/rf.mlem", "refs/tags/v1"))
        self.assertEqual(good.to_dict()["blob"], self.git(self.models, "rev-parse", "v1:models/rf.mlem"))

    def test_judges_some_of_them(self):
        for paths in ("good", ["good.mlem"], pathlib.Path("good")):
            self.assertTrue(check(paths).ok)
        check("good", rev="HEAD").raise_for_problems()
        self.assertEqual(
            str(self.raised(git_mlem.MlemError, check, "none")), "pathspec 'none' did not match any files"
        )
        self.assertEqual(str(self.raised(git_mlem.MlemError, check, rev="none")), "bad revision 'none'")

    def test_pathspecs_that_are_wrong_will_not_get_better(self):
        calls = {
            ":(none)good": "Invalid pathspec magic 'none' in ':(none)good'",
            "../good": f"../good: '../good' is outside repository at '{self.registry}'",
            ":(top": "Missing ')' at the end of pathspec magic in ':(top'",
        }
        for pathspec, why in calls.items():
            for rev in (None, "HEAD"):
                error = self.raised(git_mlem.MlemError, check, pathspec, rev=rev)
                self.assertEqual((error.what, error.why), ("cannot tell what the pathspecs match", why))
        self.raised(git_mlem.MlemError, check, "none", rev="HEAD")

    def test_names_are_bytes(self):
        with open(os.fsencode(self.registry) + b"/caf\xe9.mlem", "w", encoding="ascii") as file:
            file.write("link_type: model\nobject_type: link\npath: m\n")
        self.git(self.registry, "add", ".")
        (finding,) = check(b"caf*")
        self.assertEqual(finding.link, os.fsdecode(b"caf\xe9.mlem"))
        self.assertEqual(check(finding.link).findings, (finding,))

    def test_raises_for_problems(self):
        result = check()
        error = self.raised(git_mlem.CheckError, result.raise_for_problems)
        self.assertEqual((error.what, error.verdict, error.findings), ("'bad.mlem'", "missing-rev", result.problems))

    def test_looks_at_files(self):
        (finding,) = check("good", deep="hash")
        self.assertEqual(
            finding.artifacts, (git_mlem.Artifact("data", "rf", 5, "md5:5d41402abc4b2a76b9719d911017c592", "ok"),)
        )
        error = self.raised(git_mlem.MlemError, check, deep="deeper")
        self.assertEqual((error.what, error.hint), ("there is no depth 'deeper'", "'size', 'at-hand' or 'hash'"))


class ResolveTest(World):
    def test_tells_where_a_name_leads(self):
        link("models/rf", self.models, "v1", "production/rf")
        link("production/rf", target="latest", follow_links=False)
        found = resolve("latest")
        self.assertEqual((found.repo, found.commit, found.path), (f"file://{self.models}/", self.first, "models/rf.mlem"))
        self.assertEqual((found.link, found.object_type, found.verdict), ("latest.mlem", "model", "ok"))
        self.assertEqual([hop.path for hop in found.hops], ["production/rf.mlem"])
        self.assertEqual(resolve("latest", follow_links=False).path, "latest.mlem")
        self.assertEqual(resolve("models/rf", self.models, "v1").blob, found.blob)

    def test_raises_for_what_leads_nowhere(self):
        error = self.raised(git_mlem.NotFoundError, resolve, "none")
        self.assertEqual((error.verdict, error.what), ("missing-path", "'none'"))

    def test_says_what_the_command_says(self):
        link("models/rf", self.models, "v1", "production/rf")
        words = [pathlib.Path(sys.argv[1]) / "git-mlem", "resolve", "production/rf"]
        said = subprocess.check_output(words, text=True).split()
        found = resolve("production/rf")
        self.assertEqual(said, [found.commit, found.blob, found.object_type, found.path, found.repo])


class CloneTest(World):
    def test_copies_an_object_with_its_files(self):
        files = clone("models/rf", "copy/rf", project=self.models, rev="v1")
        self.assertEqual([(file.file, file.action) for file in files], [("copy/rf", "made"), ("copy/rf.mlem", "made")])
        self.assertEqual((self.registry / "copy/rf").read_text(), "hello")
        self.assertEqual({file.action for file in clone("models/rf", "copy/rf", self.models, "v1")}, {"kept"})

    def test_copies_into_a_project(self):
        clone("models/rf", "rf", self.models, "v1", target_project=self.path / "elsewhere")
        self.assertEqual((self.path / "elsewhere/rf").read_text(), "hello")

    def test_works_outside_of_a_repository(self):
        os.chdir(self.path)
        self.assertEqual(len(clone("models/rf", "rf", self.models, dry_run=True)), 2)
        self.assertFalse((self.path / "rf.mlem").exists())

    def test_refuses_files_that_are_not_what_is_recorded(self):
        self.write(self.models, "models/rf", "other")
        self.commit(self.models)
        error = self.raised(git_mlem.ArtifactError, clone, "models/rf", "rf", self.models)
        self.assertEqual((error.verdict, error.findings[0].path), ("artifact-mismatch", "models/rf.mlem"))
        self.assertFalse((self.registry / "rf").exists())

    def test_says_what_it_does_not_do(self):
        for option in ({"load_value": True}, {"follow_links": False}, {"fs": object()}, {"target_fs": object()}):
            self.assertTrue(self.raised(git_mlem.UnsupportedError, clone, "models/rf", "rf", **option).hint)


class Directory(World):
    """Where functions work."""

    def setUp(self):
        super().setUp()
        link("models/rf", self.models, "v1", "rf")
        self.commit(self.registry)
        self.calls = [
            lambda **at: load_meta("rf", **at).commit,
            lambda **at: resolve("rf", **at).commit,
            lambda **at: link("models/rf", self.models, "v1", "rf", force=True, **at).load_link().commit,
            lambda **at: check(**at).findings[0].commit,
            lambda **at: clone("rf", "copy", dry_run=True, **at) and self.first,
            lambda **at: load_meta("rf", **at).make_link("made", force=True).load_link().commit,
        ]

    def all_work(self, **at):
        for number, call in enumerate(self.calls):
            with self.subTest(number):
                self.assertEqual(call(**at), self.first)

    def test_one_that_is_named_is_meant_whatever_git_names(self):
        other = self.repository("other")
        self.commit(other)
        index = (other / ".git/index").read_bytes()
        os.environ.update(
            GIT_DIR=str(other / ".git"), GIT_WORK_TREE=str(other), GIT_INDEX_FILE=str(other / ".git/index"),
            GIT_PREFIX="sub/", GIT_OBJECT_DIRECTORY=str(other / ".git/objects"), GIT_COMMON_DIR=str(other / ".git"),
        )
        self.all_work(directory=self.registry)
        self.all_work(directory=".")
        self.assertEqual((other / ".git/index").read_bytes(), index)
        self.assertEqual(sorted(file.name for file in other.iterdir()), [".git", ".mlem.yaml"])
        # Without one, git's own word counts.
        self.assertEqual(len(check()), 0)

    def test_what_git_is_told_of_configuration_stays(self):
        os.environ.update(GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="mlem.jobs", GIT_CONFIG_VALUE_0="0")
        self.assertIn("mlem.jobs", str(self.raised(git_mlem.MlemError, check, directory=self.registry)))

    def test_the_current_one_may_be_gone(self):
        address = self.serve() + "/models/.git"
        behind = self.path / "behind"
        behind.symlink_to(self.registry)
        gone = self.path / "gone"
        gone.mkdir()
        os.chdir(gone)
        gone.rmdir()
        self.all_work(directory=self.registry)
        self.all_work(directory=behind)
        self.assertEqual(load_meta("models/rf", address, "v1", directory=self.registry).commit, self.first)
        error = self.raised(git_mlem.MlemError, check)
        self.assertEqual(str(error), "cannot read the current directory: No such file or directory")
        self.assertEqual(str(self.raised(git_mlem.MlemError, check, directory="sub")), str(error))

    def test_one_that_is_not_there_is_named(self):
        self.write(self.path, "file", "")
        for name, why in ("none", "No such file or directory"), ("file", "Not a directory"):
            for call in self.calls:
                error = self.raised(git_mlem.MlemError, call, directory=self.path / name)
                self.assertEqual((error.what, error.why), (f"cannot change to '{self.path}/{name}'", why))


class Running(World):
    def test_says_that_children_cannot_be_waited_for(self):
        script = textwrap.dedent("""\
            import signal
            from git_mlem.api import check
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            try:
                check()
            except Exception as error:
                print(error)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            print(len(check()))
            """)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        self.assertEqual(
            (done.stdout, done.stderr),
            ("cannot run 'git': this process ignores SIGCHLD, so that nobody can tell how a child of it ends\n"
             "hint: 'signal(SIGCHLD, SIG_DFL)' undoes that\n0\n", ""),
        )

    def test_prints_nothing(self):
        script = textwrap.dedent("""\
            import sys
            from git_mlem.api import *
            link("models/rf", sys.argv[1], "v1", "rf")
            load_meta("rf"), resolve("rf"), check(), clone("rf", "copy")
            try:
                load_meta("none")
            except Exception:
                pass
            """)
        done = subprocess.run([sys.executable, "-c", script, self.models], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_ctrl_c_ends_a_call(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            script = textwrap.dedent(f"""\
                from git_mlem.api import load_meta
                try:
                    load_meta("m", project="http://127.0.0.1:{silent.getsockname()[1]}/m")
                except KeyboardInterrupt:
                    print("interrupted")
                load_meta("models/rf", project={str(self.models)!r})
                """)
            child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
            waiting, _ = silent.accept()  # git waits for an answer that never comes
            with waiting:
                child.send_signal(signal.SIGINT)
                self.assertEqual(child.communicate()[0], "interrupted\n")
            self.assertEqual(child.returncode, 0)

    def test_a_daemon_in_a_call_does_not_keep_python_from_its_end(self):
        script = textwrap.dedent(f"""\
            import threading
            from git_mlem.api import resolve
            begun = threading.Event()

            def poll():
                while True:
                    resolve("models/rf", {str(self.models)!r})
                    begun.set()

            threading.Thread(target=poll, daemon=True).start()
            begun.wait()
            """)
        for _ in range(5):
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_handlers_of_signals_run_meanwhile(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            script = textwrap.dedent(f"""\
                import signal, sys
                from git_mlem.api import check, link
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
                link("m", "http://127.0.0.1:{silent.getsockname()[1]}/m", target="m")
                """)
            child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
            waiting, _ = silent.accept()
            with waiting:
                child.send_signal(signal.SIGTERM)
                self.assertEqual(child.communicate()[1], b"")
            self.assertEqual(child.returncode, 7)
            self.assertEqual(self.git(self.registry, "status", "--porcelain"), "")

    def test_other_threads_run_meanwhile(self):
        # The server is one of them: a call that kept them from running would wait for it for ever.
        address = self.serve() + "/models/.git"
        found, errors = [], []

        def work(number):
            try:
                found.append(load_meta("models/rf", project=address, rev="v1" if number % 2 else "main").commit)
                load_meta("none", project=address)
            except git_mlem.NotFoundError as error:
                errors.append(error.verdict)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((set(found), len(found)), ({self.first}, 8))
        self.assertEqual(errors, ["missing-path"] * 8)


class Readme(World):
    def setUp(self):
        super().setUp()
        text = (ROOT / "README.md").read_text()
        chapter = re.search(r"^## From Python\n(.*?)^## ", text, re.DOTALL | re.MULTILINE)[1]
        blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", chapter, re.MULTILINE)
        self.installing, self.script = (textwrap.dedent(block).strip() for block in blocks)

    def test_what_it_shows_works(self):
        link("models/rf", self.models, "v1", "production/rf")
        done = subprocess.run([sys.executable, "-c", self.script], capture_output=True, text=True)
        signature = "(X: dataframe of 2 columns) -> ndarray of int64, shape (any)"
        self.assertEqual((done.stdout, done.stderr), (f"{self.first} sklearn {signature}\n", ""))
        self.assertEqual((self.registry / "deployed/rf").read_text(), "hello")
        self.assertEqual(load_meta("staging/rf").commit, self.first)

    def test_the_module_was_installed_as_it_says(self):
        installed = (ROOT / "tests/python/install").read_text()
        for line in self.installing.splitlines()[2:]:
            words = line.replace("environment/bin/pip", "").replace("python3", "").replace(" environment", "").rstrip(" .")
            self.assertIn(words.strip(), installed)
        packages = (ROOT / "cmake/packages.sh").read_text().split()
        for package in self.installing.splitlines()[0].split()[3:]:
            self.assertTrue({package, package + "'"} & set(packages), package)


class Package(unittest.TestCase):
    def test_has_the_version_of_the_program(self):
        version = re.search(r"VERSION (\d[\d.]*)$", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
        self.assertEqual(git_mlem.__version__, version)
        self.assertEqual(importlib.metadata.version("git-mlem"), version)

    def test_is_not_the_checkout(self):
        self.assertFalse(str(git_mlem.__file__).startswith(str(ROOT / "src")))

    def test_is_typed(self):
        files = importlib.resources.files(git_mlem)
        self.assertTrue((files / "py.typed").is_file() and (files / "_core.pyi").is_file())

    def test_every_name_is_there_and_documented(self):
        for name in git_mlem.__all__:
            self.assertTrue(name == "__version__" or getattr(git_mlem, name).__doc__, name)

    def test_passes_mypy(self):
        script = "from git_mlem.api import check, load_meta\nname: str = load_meta('m').commit\nok: bool = check().ok\n"
        for words in (["-p", "git_mlem"], ["-c", script]):
            done = subprocess.run(
                ["/usr/bin/mypy", "--strict", "--python-executable", sys.executable, "--cache-dir=/dev/null", *words],
                capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
