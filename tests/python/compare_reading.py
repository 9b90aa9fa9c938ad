"""Compares what git-mlem takes a link file for with what MLEM does: real PyYAML, and MLEM's own rules as a model.

Usage: compare_reading.py <yaml_probe> [number of files] [first seed]. Exits 0 if every file that git-mlem passes as a link
is to MLEM that same link, and nothing that MLEM follows is passed over; 1 if not; 77 (skipped) without PyYAML. Files are made
at random from fixed seeds, so a failure can be repeated: every seed makes 1000 files. A short run is part of the tests; a
long one is `compare_reading.py <yaml_probe> 200000`.
"""

import collections
import datetime
import io
import json
import random
import subprocess
import sys
import threading

try:
    import yaml
except ImportError:
    print("PyYAML is not installed: nothing to compare with")
    sys.exit(77)

FILES_OF_A_SEED = 1000

TEXTS = """
model data link env models/rf.mlem rf ../x.mlem a/b main v1.0 HEAD refs/heads/x 1.10 010 0x10 yes no on off True False null ~ = <<
2024-01-01 2024-02-30 2024-1-1 20240101 0 -0 +1 1_000 1:30 190:20:30.15 1e5 1.5e+3 .inf .nan 0b_ 0x_ 0b1 1. .5 1.5 0.00001 12e3
2001-12-14t21:59:43.10-05:00 2001-12-14t29:59:43 https://github.com/o/r/ file:///srv/r/ git@host:o/r a:b a#b a,b a[b] {a} [a] it's - ? : *a &a !a
d670460b4b4aece5915caf5c68d12f560a9fe3e4 1234567890123456789012345678901234567890 @x %x `x |x >x "" '' caf\u00e9 a\u00a0b \ufeff
""".split() + ["", " ", "a b", "a  b", "a: b", "a #b", "a\tb", "two\nlines", "a\n\nb", "a\n", "a ", " a", "x" * 90 + " y", "a\\b"]
KEYS = ["link_type", "object_type", "path", "repo", "project", "rev", "params", "labels", "description", "owner", "<<", "=",
        "object-type", "Path", "1", "yes", "null", "2024-01-01", "git-mlem"]
TYPES = ["link"] * 12 + ["link_model", "model", "Link", "lnk", "linkk", "mlem.core.objects.MlemLink", "data", "link_", "link "]
TAGS = ["!!str ", "!!merge ", "! ", "!x ", "!!int ", "!!binary ", "!!null ", "!<tag:yaml.org,2002:str> ", "!!map ", "!!bool "]
BLANKS = [" "] * 12 + ["  ", "\t", " \t", "\n  ", " # c\n  ", "\n\n   "]
ALPHABET = " \t\n\r:#'\"\\-?,[]{}&*!|>%@`=<~.0a\x00\x07\x85\u00a0\u2028\ufeff\ufffe\U0001f600\u00e9"


def double_quoted(rng, text):
    parts = []
    for c in text:
        kind = rng.randrange(12)
        if c in '"\\' or ord(c) < 32:
            parts.append({"\n": "\\n", "\t": "\\t"}.get(c, "\\" + c if c in '"\\' else f"\\x{ord(c):02x}"))
        elif kind == 0:
            parts.append(f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\U{ord(c):08x}")
        elif kind == 1 and c == " ":
            parts.append(rng.choice(["\n    ", "\\\n     \\ ", "\t", "\\ ", "\\_", "\\N"]))
        else:
            parts.append(c)
    return '"' + "".join(parts) + '"'


def scalar(rng, text, indent, flow):
    """Returns one of the ways to write a text; not always one that says it."""
    kind = rng.randrange(20)
    if kind < 11 or (kind >= 18 and flow):
        return text.replace("\n", "\n" + " " * (indent + 1))
    if kind < 14:
        return "'" + text.replace("'", "''").replace("\n", "\n\n  ") + "'"
    if kind < 18:
        return double_quoted(rng, text)
    style = rng.choice("|>") + rng.choice(["", "", "-", "+", "2", "2-"]) + rng.choice(["", "", " ", " # c", "\t"])
    return style + "\n" + "\n".join(" " * (indent + rng.choice([2, 2, 2, 0, 1, 3])) + line for line in text.split("\n"))


def properties(rng):
    kind = rng.randrange(40)
    return rng.choice(TAGS) if kind == 0 else "&" + rng.choice("ab") + " " if kind == 1 else ""


def value(rng, text, indent, flow, depth=0):
    kind = rng.randrange(40)
    before = properties(rng)
    if kind == 0:
        return "*" + rng.choice("ab") + rng.choice(["", " "])
    if kind == 1 and depth < 3:
        return before + mapping(rng, [(rng.choice(KEYS), rng.choice(TEXTS)) for _ in range(rng.randrange(3))], 0, True, depth + 1)
    if kind == 2 and depth < 3:
        items = [value(rng, rng.choice(TEXTS), indent, True, depth + 1) for _ in range(rng.randrange(3))]
        return before + "[" + rng.choice([", ", ",", " ,"]).join(items) + rng.choice(["", ","]) + "]"
    if kind == 3 and not flow and depth < 3:
        pairs = [(rng.choice(KEYS), rng.choice(TEXTS)) for _ in range(rng.randrange(1, 3))]
        return before + "\n" + mapping(rng, pairs, indent + 2, False, depth + 1).rstrip("\n")
    return before + scalar(rng, text, indent, flow)


def key(rng, text, flow):
    kind = rng.randrange(60)
    if kind == 0:
        return "? " + text + rng.choice(["\n", " ", "\n" if flow else "\n"])
    if kind == 1:
        return "? " + rng.choice(["[" + text + "]", "{" + text + ": x}", "|\n  " + text, "'" + text + "'"]) + "\n"
    if kind == 2:
        return rng.choice(TAGS) + text
    if kind == 3:
        return "&a " + text
    if kind == 4:
        return "*a "
    if kind < 9:
        return "'" + text + "'"
    if kind < 13:
        return double_quoted(rng, text)
    return text


def mapping(rng, pairs, indent, flow, depth=0):
    if flow:
        parts = [key(rng, k, True) + ":" + rng.choice(BLANKS) + value(rng, v, indent, True, depth) for k, v in pairs]
        return "{" + rng.choice([", ", ", ", ",", " , ", ",\n "]).join(parts) + rng.choice(["", "", ",", " "]) + "}"
    lines = []
    for k, v in pairs:
        line = key(rng, k, False) + ":" + rng.choice(BLANKS) + value(rng, v, indent, False, depth)
        lines.append(" " * indent + line + rng.choice([""] * 14 + [" # c", "#c", " ", "\t", "\t# c", "\n# c", "\n\n"]) + "\n")
    return "".join(lines)


def link_pairs(rng):
    pairs = [("link_type", rng.choice(["model", "model", "data", "dataset", "1"])), ("object_type", rng.choice(TYPES)),
             ("path", rng.choice(["m.mlem", "models/rf", rng.choice(TEXTS)]))]
    if rng.randrange(2):
        pairs.append((rng.choice(["repo", "project"]), rng.choice(["https://github.com/o/r/", rng.choice(TEXTS)])))
    if rng.randrange(2):
        pairs.append(("rev", rng.choice(["main", "v1.0", rng.choice(TEXTS)])))
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        pairs.append((rng.choice(KEYS), rng.choice(TEXTS)))
    if rng.randrange(3) == 0:
        rng.shuffle(pairs)
    if rng.randrange(25) == 0:
        pairs.pop(rng.randrange(len(pairs)))
    return pairs


class Tame:
    """Makes the same choices, but takes a rare one rarely: most links are written as people write them."""

    def __init__(self, rng):
        self.rng = rng

    def randrange(self, *bounds):
        first = self.rng.randrange(*bounds)
        return max(first, self.rng.randrange(*bounds), self.rng.randrange(*bounds)) if len(bounds) == 1 and bounds[0] >= 25 else first

    def choice(self, options):
        return options[0] if self.rng.randrange(3) and options is not TEXTS and options is not KEYS else self.rng.choice(options)

    def shuffle(self, items):
        self.rng.shuffle(items)


def random_file(rng):
    if rng.randrange(2):
        rng = Tame(rng)
    text = mapping(rng, link_pairs(rng), rng.choice([0] * 12 + [1, 2]), rng.randrange(5) == 0)
    kind = rng.randrange(16)
    if kind == 0:
        text = rng.choice(["---\n", "--- ", "--- # c\n", "%YAML 1.1\n---\n", "%YAML 1.2\n--- ", "%YAML 2.0\n---\n", "%X y\n---\n", "---\t\n",
                           "%TAG ! tag:yaml.org,2002:\n---\n", "# c\n", "\n", "\t\n", "...\n", "--- !!map\n", "--- &a\n", "%YAML 1.1\n"]) + text
    elif kind == 1:
        text += rng.choice(["---\n", "...\n", "...\n# c\n", "---\na: b\n", "...\na: b\n", "# c", " ", "\t", "}", "- a\n", "... x\n", "%YAML 1.1\n"])
    elif kind == 2:
        text = "- " + text.replace("\n", "\n  ") if rng.randrange(2) else "[[object_type, link], [link_type, model], [path, x]]"
    for _ in range(rng.choice([0] * 6 + [1, 2, 3])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + (rng.choice(ALPHABET) if rng.randrange(2) else "") + text[at + rng.randrange(2):]
    if rng.randrange(12) == 0:
        text = text.replace("\n", rng.choice(["\r\n", "\r"]))
    if rng.randrange(20) == 0:
        text = "\ufeff" + text
    encoding = "utf-8" if rng.randrange(30) else rng.choice(["utf-16", "latin-1", "utf-8-sig", "utf-16-le"])
    return text.encode(encoding, "replace")


class Refused(Exception):
    """MLEM stops with an error."""


def as_text(item):
    """Returns what pydantic makes of a value for a field that is a text."""
    if item is None or isinstance(item, str):
        return item
    if isinstance(item, (bool, int, float)):
        return str(item)
    if isinstance(item, bytes):
        try:
            return item.decode()
        except UnicodeDecodeError as error:
            raise Refused("no text") from error
    raise Refused("no text")


def read_as_mlem(data):
    """Returns what MLEM reads in a file: the fields of a link, or None for what is not a link. Either key of a repository is known
    to it, and unknown keys are passed over: that one of its versions refuses them is no other reading."""
    try:
        with io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") as stream:
            loaded = yaml.safe_load(stream.read())
        payload = loaded if isinstance(loaded, dict) else dict(loaded)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, AttributeError, LookupError, RecursionError) as error:
        # The last few are how PyYAML and Python say no to a value that a resolver took for a number or a date.
        raise Refused(type(error).__name__) from error
    kind = payload.get("object_type")
    if not isinstance(kind, str):
        return None
    typed = kind[len("link_"):] if kind.startswith("link_") else None
    if kind != "link" and typed is None and not kind.endswith("MlemLink"):
        return None
    fields = {name: as_text(payload.get(name)) for name in ("link_type", "path", "repo", "project", "rev")}
    fields["link_type"] = fields["link_type"] or typed
    if fields["link_type"] is None or fields["path"] is None:
        raise Refused("a field is missing")
    for name in ("path", "repo", "project"):
        fields[name] = fields[name] and fields[name].replace("\\", "/")
    return fields


def differs(ours, data):
    """Returns what is wrong with our reading, given as the probe answers; nothing if all is well."""
    try:
        theirs = read_as_mlem(data)
    except Refused as refusal:
        return f"MLEM refuses it ({refusal})" if ours.get("kind") == "link" else None
    if "error" in ours:
        return None
    if theirs is None:
        return "no link to MLEM" if ours["kind"] == "link" else None
    if ours["kind"] != "link":
        return f"MLEM follows {theirs}"
    repos = [theirs[name] for name in ("repo", "project") if theirs[name] is not None]
    read = [ours.get(name) for name in ("repo", "project") if ours.get(name) is not None]
    same_type = ours["link_type"] == {"dataset": "data"}.get(theirs["link_type"], theirs["link_type"])
    same_repo = len(repos) == len(read) if not repos else bool(read) and all(r.rstrip("/") == read[0].rstrip("/") for r in repos)
    if same_type and same_repo and ours["path"] == theirs["path"] and ours.get("rev") == theirs["rev"]:
        return None
    if "\\" in ours["path"] or (read and "\\" in read[0]):
        return None  # refused where the path is resolved
    return f"MLEM reads {theirs}"


def main(probe, count, first_seed):
    process = subprocess.Popen([probe, "bytes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    tally = collections.Counter()
    failures = 0
    for seed in range(first_seed, first_seed + count // FILES_OF_A_SEED):
        rng = random.Random(seed)
        files = [random_file(rng) for _ in range(FILES_OF_A_SEED)]
        # The probe reads while PyYAML does.
        lines = "".join(json.dumps(data.hex()) + "\n" for data in files)
        writer = threading.Thread(target=lambda: (process.stdin.write(lines), process.stdin.flush()))
        writer.start()
        for data in files:
            ours = json.loads(process.stdout.readline())
            wrong = differs(ours, data)
            tally["link" if ours.get("kind") == "link" else "refused" if "error" in ours else "no link"] += 1
            if wrong:
                failures += 1
                if failures <= 20:
                    print(f"seed {seed}: {data!r}\n  git-mlem: {ours}\n  but: {wrong}")
        writer.join()
    process.stdin.close()
    process.wait()
    print(f"{sum(tally.values())} compared ({dict(tally)}), {failures} differ")
    return 1 if failures or not tally["link"] or not tally["no link"] else 0


if __name__ == "__main__":
    arguments = sys.argv[2:] + ["12000", "1"][len(sys.argv) - 2:]
    sys.exit(main(sys.argv[1], int(arguments[0]), int(arguments[1])))
