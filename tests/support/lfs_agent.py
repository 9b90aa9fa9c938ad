#!/usr/bin/python3
"""A custom transfer agent of Git LFS, for tests, by its published protocol (docs/custom-transfers.md of git-lfs).

Usage: lfs_agent.py <directory>

In <directory>, `<oid>` is each object; `log` gets a line for each download; `sleep` has how many seconds it takes before
it does anything.
"""

import json
import os
import shutil
import sys
import tempfile
import time

world = sys.argv[1]


def say(message):
    print(json.dumps(message), flush=True)


for line in sys.stdin:
    request = json.loads(line)
    if request["event"] == "init":
        say({})
    if request["event"] != "download":
        continue
    oid, size = request["oid"], request["size"]
    with open(os.path.join(world, "log"), "a") as log:
        log.write(oid + "\n")
    if os.path.exists(os.path.join(world, "sleep")):
        time.sleep(float(open(os.path.join(world, "sleep")).read()))
    try:
        descriptor, path = tempfile.mkstemp()
        os.close(descriptor)
        shutil.copyfile(os.path.join(world, oid), path)
    except OSError:
        say({"event": "complete", "oid": oid, "error": {"code": 404, "message": "the agent does not have it"}})
        continue
    say({"event": "progress", "oid": oid, "bytesSoFar": size, "bytesSinceLast": size})
    say({"event": "complete", "oid": oid, "path": path})
