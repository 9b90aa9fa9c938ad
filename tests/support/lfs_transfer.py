#!/usr/bin/python3
"""A server of Git LFS that speaks by ssh alone, for tests, by its published protocol (docs/proposals/ssh_adapter.md of
git-lfs): the program that is run there as `git-lfs-transfer <path> download`.

Usage: lfs_transfer.py <directory>, where `<oid>` is each object; `log` gets a line for each that is downloaded.
"""

import os
import sys

world = sys.argv[1]
FLUSH, DELIMITER = b"0000", b"0001"


def read_request():
    """Its first line, the arguments and the data after the delimiter, as lists of lines; nothing at the end."""
    parts = [[]]
    while True:
        length = sys.stdin.buffer.read(4)
        if not length or length == FLUSH:
            return parts if parts[0] else None
        if length == DELIMITER:
            parts.append([])
        else:
            parts[-1].append(sys.stdin.buffer.read(int(length, 16) - 4).decode().rstrip("\n"))


def packet(data):
    return b"%04x" % (len(data) + 4) + data


def answer(status, arguments=(), data=None):
    out = packet(b"status %d\n" % status) + b"".join(packet(f"{line}\n".encode()) for line in arguments)
    if data is not None:
        out += DELIMITER + b"".join(map(packet, data))
    sys.stdout.buffer.write(out + FLUSH)
    sys.stdout.buffer.flush()


def path_of(oid):
    return os.path.join(world, oid)


sys.stdout.buffer.write(packet(b"version=1\n") + FLUSH)
sys.stdout.buffer.flush()
while request := read_request():
    command, _, operand = request[0][0].partition(" ")
    if command == "batch":
        found = []
        for line in request[1]:
            oid, size = line.split()[:2]
            found.append(f"{oid} {size} {'download' if os.path.exists(path_of(oid)) else 'noop'}\n".encode())
        answer(200, data=found)
    elif command == "get-object" and os.path.exists(path_of(operand)):
        with open(os.path.join(world, "log"), "a") as log:
            log.write(operand + "\n")
        content = open(path_of(operand), "rb").read()
        pieces = [content[at:at + 32768] for at in range(0, len(content), 32768)]
        answer(200, [f"size={len(content)}"], pieces)
    elif command == "get-object":
        answer(404, data=[b"it is not here\n"])
    else:  # version, quit
        answer(200)
    if command == "quit":
        break
