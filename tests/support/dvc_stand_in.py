#!/usr/bin/python3
"""Stands in for DVC, which Debian does not have, in tests: `dvc get` and `dvc list`, as dvc.org/doc/command-reference
has them, of what `.dvc` files track, for a remote whose address is `s3://<bucket>/<...>`: that is the directory
$DVC_STAND_IN/<bucket>/<...> here.

As DVC does, it writes to a directory beside the output first, shows its progress without a terminal if
DVC_IGNORE_ISATTY says so, and refuses outputs that have the name of a file of its own.

In $DVC_STAND_IN, `log` gets a line for each run; `sleep` has how many seconds it says nothing; `instead` is what it
makes of every file; `lost` is the path of a file that it leaves out of directories; `no-hashes` makes it list files as
DVC before 3.56 does.
"""

import argparse
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

main = argparse.ArgumentParser(prog="dvc")
commands = main.add_subparsers(dest="command", required=True)
get = commands.add_parser("get")
get.add_argument("-o", "--out", nargs="?")
listing = commands.add_parser("list")
listing.add_argument("--dvc-only", action="store_true", required=True)
listing.add_argument("-R", "--recursive", action="store_true", required=True)
listing.add_argument("--json", action="store_true", required=True)
for command in (get, listing):
    command.add_argument("url")
    command.add_argument("path")
    command.add_argument("--rev", nargs="?")
arguments = main.parse_args()
world = os.environ["DVC_STAND_IN"]


def in_world(name):
    return os.path.join(world, name)


def note(name):
    return open(in_world(name)).read() if os.path.exists(in_world(name)) else None


def fail(why):
    sys.stderr.write(f"ERROR: failed to {arguments.command} '{arguments.path}' from '{arguments.url}' - {why}\n")
    sys.exit(255)


class Tracked:
    """What a `.dvc` file tracks: `files` are the MD5s of its files by their paths below it, '' for a file alone."""

    def __init__(self, clone):
        def git(*words):
            return subprocess.run(["git", *words], cwd=clone, capture_output=True, text=True)

        git("clone", "--quiet", "--no-checkout", arguments.url, ".").check_returncode()
        if git("checkout", "--quiet", arguments.rev or "HEAD").returncode:
            fail(f"unknown Git revision '{arguments.rev}'")
        path, below = arguments.path, ""
        while not os.path.exists(os.path.join(clone, path + ".dvc")):
            path, _, last = path.rpartition("/")
            below = f"{last}/{below}".rstrip("/")
            if not path:
                fail(f"The path '{arguments.path}' does not exist in the target repository")
        tracked = open(os.path.join(clone, path + ".dvc")).read()
        config = configparser.ConfigParser()
        config.read_string(open(os.path.join(clone, ".dvc/config")).read().replace("    ", ""))
        remote = config["'remote \"" + config["core"]["remote"] + "\"'"]["url"]
        self.store = remote.replace("s3://", world + "/") + ("/files/md5" if "hash: md5" in tracked else "")
        md5 = re.search(r"md5: ([0-9a-f]{32}(?:\.dir)?)", tracked).group(1)
        self.files = {"": md5}
        if md5.endswith(".dir"):
            self.files = {}
            for entry in json.load(open(self.place_of(md5))):
                if entry["relpath"] == below:
                    self.files[""] = entry["md5"]
                elif not below or entry["relpath"].startswith(below + "/"):
                    self.files[entry["relpath"][len(below) + 1 if below else 0:]] = entry["md5"]

    def place_of(self, md5):
        place = os.path.join(self.store, md5[:2], md5[2:])
        if not os.path.exists(place):
            fail("missing-files")
        return place


def list_files(tracked):
    entries = []
    for path, md5 in sorted(tracked.files.items()):
        entry = {"isout": path == "", "isdir": False, "isexec": False, "size": None, "md5": md5, "path": path}
        if note("no-hashes") is not None:
            del entry["size"], entry["md5"]
        entries.append(entry)
    print(json.dumps(entries))


def get_files(tracked, out):
    scratch = os.path.join(os.path.dirname(out), ".scratch")
    os.makedirs(scratch)
    if os.environ.get("DVC_IGNORE_ISATTY"):
        sys.stderr.write("Downloading 100%|##########|1/1\r")
    for path, md5 in tracked.files.items():
        if path and path == note("lost"):
            continue
        made = os.path.join(scratch, "file", path) if path else os.path.join(scratch, "file")
        os.makedirs(os.path.dirname(made), exist_ok=True)
        shutil.copyfile(in_world("instead") if os.path.exists(in_world("instead")) else tracked.place_of(md5), made)
    os.rename(os.path.join(scratch, "file"), out)
    shutil.rmtree(scratch)


with open(in_world("log"), "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\n")
time.sleep(float(note("sleep") or 0))
with tempfile.TemporaryDirectory() as clone:
    if arguments.command == "list":
        list_files(Tracked(clone))
    else:
        out = os.path.abspath(arguments.out or os.path.basename(arguments.path))
        if out.endswith(".dvc"):
            fail("the given path is a DVC file, you must specify a data file or a directory")
        get_files(Tracked(clone), out)
