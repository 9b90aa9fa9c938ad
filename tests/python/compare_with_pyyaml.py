"""Compares src/yaml with PyYAML, which MLEM reads and writes its files with.

Usage: compare_with_pyyaml.py <yaml_probe>. Exits 0 if both agree, 1 if not, 77 (skipped) without PyYAML. The examples are
random with a fixed seed, so that a failure can be repeated.
"""

import datetime
import json
import random
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("PyYAML is not installed: nothing to compare with")
    sys.exit(77)

WORDS = """
yes Yes YES yEs no No NO true True TRUE tRue false False FALSE on On ON off Off OFF y Y n N null Null NULL ~ = << <
- -- --- ---a ... .... ? ?a : :a a: a:b # #a a# &a *a !a | > % @ ` { } [ ] , {a} [a] 'a "a a'b a"b '' "" \\ a\\b -a
0 00 01 08 010 0b1 0b2 0b_ 0x1f 0xg 0x_ 0o17 1_000 _1 1_ 12e3 1e5 1. .5 -.5 +.5 1.5 1.5e3 1.5e+3 1.5e-3 .e1 . .. .inf -.inf
.Inf .iNf .nan .NaN -.nan 1:30 1:60 1:5:9 1:30.5 -1:30 190:20:30.15 0:0 +1 -1 +-1 1-1 1.2.3 v1.0 v1.0-rc.1
2001-12-14 2001-1-1 2001-01-1 2001-12-14t21:59:43.10-05:00 2001-12-15T2:59:43Z 2001-12-14T21:59 20011214 123-01-01
main HEAD HEAD~1 refs/heads/main feature/x git@host:org/repo.git https://github.com/iterative/example-mlem-get-started/
models/rf.mlem file:///srv/models/ ~/x 0000000 1234567 7e12345 d670460b4b4aece5915caf5c68d12f560a9fe3e4
""".split() + ["", " ", "  ", "a ", " a", "a b", "a  b", "a: b", "a #b", "- a", "? a", "a\tb", "\t", "\n", "a\n", "\na",
               "a\nb", "a\n\nb", "a \nb", "a\n b", "2001-12-14 21:59:43.10 -5", "2001-12-14 21:59:43 Z"]

SPECIAL = "\0\a\b\t\n\v\f\r\x1b\x7f\x80\x85\x9f\xa0\xad\xff\u0100\u2028\u2029\ufeff\ufffd\ufffe\uffff\U00010000\U0001f600\U0010ffff"


def random_character(rng):
    kind = rng.randrange(8)
    if kind < 3:
        return chr(rng.randrange(0x20, 0x7f))
    if kind < 5:
        return rng.choice(" :#'\"\\-?,[]{}&*!|>%@`\n ")
    if kind == 5:
        return rng.choice(SPECIAL)
    while True:
        code_point = rng.randrange(0x110000) if kind == 6 else rng.randrange(0x3000)
        if not 0xd800 <= code_point < 0xe000:
            return chr(code_point)


def random_text(rng):
    kind = rng.randrange(7)
    if kind == 0:
        return rng.choice(WORDS)
    if kind == 1:
        return "".join(rng.choice("0123456789+-._:eExb~") for _ in range(rng.randrange(1, 10)))
    if kind == 2:
        return "".join(random_character(rng) for _ in range(rng.randrange(1, 20)))
    if kind == 3:
        return "".join(random_character(rng) for _ in range(rng.randrange(1, 300)))
    if kind == 4:
        return rng.choice([" ", "  ", "\n", "\n\n", " '", " \u00e9 "]).join(
            rng.choice(WORDS) for _ in range(rng.randrange(2, 60)))
    if kind == 5:
        return " ".join("".join(rng.choice("abcxyz/.-'") for _ in range(rng.randrange(1, 100)))
                        for _ in range(rng.randrange(1, 30)))
    return "".join(rng.choice(["a", "b", " ", " ", "\u00e9", "\u20ac", "\U0001f600", "\\", '"', "\t"])
                   for _ in range(rng.randrange(1, 400)))


def random_link(rng):
    link = {"link_type": random_text(rng), "path": random_text(rng)}
    if rng.randrange(2):
        link[rng.choice(["repo", "project"])] = random_text(rng)
    for key in ["rev", "blob", "ref"]:
        if rng.randrange(2):
            link[key] = random_text(rng)
    return link


def as_pyyaml_writes(link):
    fields = {key: value for key, value in link.items() if key not in ("blob", "ref")}
    fields["object_type"] = "link"
    pinned = {key: link[key] for key in ("blob", "ref") if key in link}
    if pinned:
        fields["params"] = {"git-mlem": pinned}
    return yaml.safe_dump(fields)


def random_object(rng, depth=0):
    kind = rng.randrange(8 if depth < 5 else 6)
    if kind == 6:
        return [random_object(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 7:
        return {random_text(rng): random_object(rng, depth + 1) for _ in range(rng.randrange(4))}
    return rng.choice([
        random_text(rng), rng.choice(["float64", "sepal length (cm)", "model", "predict"]), None, True, False,
        rng.randrange(-2**63, 2**64), rng.randrange(-100, 100), rng.uniform(-10, 10), 1e300, 0.0,
        datetime.date(2024, 2, 29),
    ])


def random_metafile(rng):
    shared = random_object(rng)
    fields = {"object_type": rng.choice(["model", "data", "env", "10", "dataset x"]), "b": shared}
    for key in ["artifacts", "call_orders", "processors", "requirements", "z"]:
        fields[key] = shared if rng.randrange(8) == 0 else random_object(rng)
    return fields


def as_json(value):
    """Returns what JSON has for a value: dates as text, and so the texts that YAML would take for dates."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def ask(probe, function, inputs):
    lines = "".join(json.dumps(value) + "\n" for value in inputs)
    answer = subprocess.run([probe, function], input=lines, capture_output=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in answer.stdout.split("\n") if line]


def compare(name, inputs, expected, actual):
    if len(actual) != len(inputs):
        print(f"{name}: {len(inputs)} questions, {len(actual)} answers")
        return 1
    wrong = [row for row in zip(inputs, expected, actual) if row[1] != row[2]]
    for example, wanted, got in wrong[:10]:
        for label, value in [(name, example), ("  PyYAML", wanted), ("  git-mlem", got)]:
            print(f"{label}: {value!r:.2000}")
    print(f"{name}: {len(inputs)} compared, {len(wrong)} differ")
    return len(wrong)


def main(probe):
    rng = random.Random(20240229)
    failures = 0

    links = [{"link_type": "model", "path": "m.mlem", "rev": word} for word in WORDS]
    links += [random_link(rng) for _ in range(10000)]
    written = [as_pyyaml_writes(link) for link in links]
    failures += compare("write", links, written, ask(probe, "write", links))

    metafiles = [random_metafile(rng) for _ in range(1000)]
    dumped = [yaml.safe_dump(metafile) for metafile in metafiles]
    failures += compare("show", dumped, [as_json(metafile) for metafile in metafiles], ask(probe, "show", dumped))
    types = [{"object_type": metafile["object_type"]} for metafile in metafiles]
    failures += compare("type", dumped, types, ask(probe, "read", dumped))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
