#!/usr/bin/python3
"""Stands in for DVC, which Debian does not have, in tests: `dvc get` as dvc.org/doc/command-reference/get has it, of a
file that a `.dvc` file tracks, for a remote whose address is `s3://<bucket>/<...>`: that is the directory
$DVC_STAND_IN/<bucket>/<...> here.

As DVC does, it writes to a directory beside the output first, shows its progress without a terminal if
DVC_IGNORE_ISATTY says so, and refuses outputs that have the name of a file of its own.

In $DVC_STAND_IN, `log` gets a line for each run; `sleep` has how many seconds it says nothing; `instead` is what it
makes of every file.
"""

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

main = argparse.ArgumentParser(prog="dvc")
get = main.add_subparsers(required=True).add_parser("get")
get.add_argument("url")
get.add_argument("path")
get.add_argument("-o", "--out", nargs="?")
get.add_argument("--rev", nargs="?")
arguments = main.parse_args()
world = os.environ["DVC_STAND_IN"]


def in_world(name):
    return os.path.join(world, name)


def fail(why):
    sys.stderr.write(f"ERROR: failed to get '{arguments.path}' from '{arguments.url}' - {why}\n")
    sys.exit(255)


with open(in_world("log"), "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\n")
if os.path.exists(in_world("sleep")):
    time.sleep(float(open(in_world("sleep")).read()))
out = os.path.abspath(arguments.out or os.path.basename(arguments.path))
if out.endswith(".dvc"):
    fail("the given path is a DVC file, you must specify a data file or a directory")
with tempfile.TemporaryDirectory() as clone:
    def git(*words):
        return subprocess.run(["git", *words], cwd=clone, check=True, capture_output=True, text=True).stdout

    git("clone", "--quiet", "--no-checkout", arguments.url, ".")
    if subprocess.run(["git", "checkout", "--quiet", arguments.rev or "HEAD"], cwd=clone).returncode:
        fail(f"unknown Git revision '{arguments.rev}'")
    try:
        tracked = open(os.path.join(clone, arguments.path + ".dvc")).read()
    except OSError:
        fail(f"The path '{arguments.path}' does not exist in the target repository")
    md5 = re.search("md5: ([0-9a-f]{32})", tracked).group(1)
    config = configparser.ConfigParser()
    config.read_string(open(os.path.join(clone, ".dvc/config")).read().replace("    ", ""))
    remote = config["'remote \"" + config["core"]["remote"] + "\"'"]["url"]
    store = remote.replace("s3://", world + "/") + ("/files/md5" if "hash: md5" in tracked else "")
    scratch = os.path.join(os.path.dirname(out), ".scratch")
    os.makedirs(scratch)
    if os.environ.get("DVC_IGNORE_ISATTY"):
        sys.stderr.write("Downloading 100%|##########|1/1\r")
    try:
        instead = in_world("instead")
        shutil.copyfile(instead if os.path.exists(instead) else os.path.join(store, md5[:2], md5[2:]),
                        os.path.join(scratch, "file"))
    except OSError:
        fail("missing-files")
    os.rename(os.path.join(scratch, "file"), out)
    shutil.rmtree(scratch)
