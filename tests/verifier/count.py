#!/usr/bin/env python3
"""Counts a journal's entries again, and compares with what a bundle of evidence says.

    count.py DIRECTORY COUNTS

DIRECTORY is the journal, verified before with verify.py, which must lie beside this file; COUNTS is the bundle's
counts.json. Prints one JSON object; exits 0 when every count is the same, 1 when one differs.

It shares no code with Sluis: entries are read as docs/JOURNAL.md says.
"""

import collections
import datetime
import json
import sys

import verify

LEFT, ENTERED, REFUSED, OPENED, CLOSED, CONTINUED, CANARY = 3, 4, 5, 6, 7, 8, 18
TRIED = ("messages", "planted", "refused", "leaked")


def entries(directory):
    """Every entry under the checkpoint, in order."""
    with open(f"{directory}/checkpoint", encoding="utf-8") as note:
        size = int(note.read().split("\n")[1])
    for index in range((size + verify.WIDTH - 1) // verify.WIDTH):
        width = min(size - index * verify.WIDTH, verify.WIDTH)
        paths = [f"tile/entries/{verify.index_path(index, w)}" for w in (width, verify.WIDTH)]
        yield from verify.split_bundle(verify.read_first(directory, *paths), width)


def moment(text, otherwise):
    if text is None:
        return otherwise
    read = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(read.timestamp() * 1000)


def recount(directory, begin, end):
    """By school, publisher and route: what left, entered, was refused; and the uses of each rule."""
    ways = collections.defaultdict(collections.Counter)
    for entry in entries(directory):
        leaf = verify.decode_leaf(entry)
        if not begin <= leaf["time_ms"] < end or leaf["scope"] is None:
            continue
        school, publisher, _ = leaf["scope"]
        way = ways[(school, publisher, leaf["route"])]
        crossing = leaf["event"] in (LEFT, ENTERED, REFUSED, OPENED, CLOSED, CONTINUED)
        if leaf["event"] == CANARY:
            details = dict(leaf["details"])
            way["canary runs"] += 1
            for name in TRIED:
                way["canary " + name] += details.get(name, 0)
        elif crossing and (leaf["decision"] or "").startswith("refused"):
            way["refused " + leaf["decision"].split(" ")[1].upper()] += 1
        elif leaf["event"] in (LEFT, ENTERED, CLOSED):
            door = "left" if leaf["event"] == LEFT or (leaf["event"] == CLOSED and leaf["left"]) else "entered"
            way[door] += 1
            for rule, count in leaf["rules"]:
                way[f"{door} {rule}"] += count
    return {key: +way for key, way in ways.items() if +way}


def told(counts):
    """The same, as counts.json tells it."""
    ways = {}
    for found in counts["ways"]:
        way = collections.Counter()
        for door in ("left", "entered"):
            way[door] += found["crossed"][door]
            for rule, uses in found["rules"].items():
                way[f"{door} {rule}"] += uses[door]
        for code, count in found["crossed"]["refused"].items():
            way["refused " + code] += count
        key = (found["way"]["school"], found["way"]["publisher"], found["way"]["route"])
        ways[key] = +way
    for found in counts["canaries"]:
        key = (found["way"]["school"], found["way"]["publisher"], found["way"]["route"])
        way = ways.setdefault(key, collections.Counter())
        for name in ("runs",) + TRIED:
            way["canary " + name] += found["canaries"][name]
        ways[key] = +way
    return {key: way for key, way in ways.items() if way}


def main():
    directory, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        counts = json.load(file)
    own = recount(directory, moment(counts["from"], 0), moment(counts["until"], 1 << 64))
    theirs = told(counts)
    differ = sorted("/".join(key) for key in own.keys() | theirs.keys() if own.get(key) != theirs.get(key))
    total = {door: sum(way[door] for way in own.values()) for door in ("left", "entered")}
    print(json.dumps({"same": not differ, **total, "differ": differ}, indent=2))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
