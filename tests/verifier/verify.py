#!/usr/bin/env python3
"""An independent verifier of a Sluis journal: standard library, and one package for Ed25519.

    verify.py DIRECTORY VKEY [--earlier NOTE]... [--witness KEY]... [--beside FILE]... [--trust VKEY]...
    verify.py --proof FILE VKEY [--witness KEY]... [--trust VKEY]...

DIRECTORY holds `checkpoint`, `tile/`, `pupils/`, perhaps `witnessed/` and, where the journal itself
is at hand, `entries.log`. VKEY is the journal's verifier key (`name+id+key`), got from elsewhere;
NOTE is the file of a checkpoint got earlier, from elsewhere or from a witness; KEY is the public key
of a witness that must have cosigned; FILE is a `.tlog-proof` with its entry. Prints one JSON object;
exits 0 when nothing differs, 1 when something does, 2 when it could not be run, 3 when the Ed25519
package is missing.

It shares no code with Sluis and is written from docs/JOURNAL.md. It must stay readable in one go.
"""

import argparse
import base64
import binascii
import hashlib
import json
import os
import sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    print("the Python package `cryptography` is missing", file=sys.stderr)
    sys.exit(3)

WIDTH = 256
MAX_LEAF = 65_535
MAX_PUPILS = 30_000
MAX_RECORD = 1 << 20
MAX_NOTE = 1 << 18
LONGEST_BATCH = (4 << 20) + 12 + MAX_RECORD
CLOCK_SLACK_MS = 60_000
CLOCK_EVENT, NEEDLE_EVENT = 22, 23
OPENED_EVENT, CLOSED_EVENT = 6, 7
ROSTER_EVENT = 11
LOG_MAGIC = b"sluis-journal-1\n"
FILTERS_MAGIC, LIST_MAGIC = b"sluis-needles-1\n", b"sluis-needlist1\n"
LONGEST_FILTER, MOST_NAMED = 1 << 28, 1 << 16

ORDER = """checkpoint-missing checkpoint-malformed checkpoint-unsigned checkpoint-signature
earlier-not-believed rolled-back forked cosignature-missing cosignature-differs proof-malformed
proof-differs bundle-missing bundle-malformed tile-missing tile-differs
entry-differs leaf-unreadable leaf-out-of-place time-went-back commitments-missing
commitments-differ filter-missing filter-differs root-differs tiles-root-differs log-differs log-commitments-differ log-shorter
log-damaged beside-older beside-unknown""".split()


class Bad(Exception):
    """Bytes that are not what they should be."""


# --- Merkle tree, RFC 6962 section 2.1 -------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows by leaf hashes; keeps (height, hash) of perfect subtrees, as a binary counter."""

    def __init__(self):
        self.size = 0
        self.stack = []

    def push(self, digest):
        height = 0
        while self.stack and self.stack[-1][0] == height:
            digest = node_hash(self.stack.pop()[1], digest)
            height += 1
        self.stack.append((height, digest))
        self.size += 1

    def root(self):
        if not self.stack:
            return hashlib.sha256(b"").digest()
        digest = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            digest = node_hash(left, digest)
        return digest


def root_of(digests):
    tree = Tree()
    for digest in digests:
        tree.push(digest)
    return tree.root()


# --- signed notes and checkpoints (C2SP) -----------------------------------------------------------


def decode64(text):
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Bad("base64") from error
    if base64.b64encode(data).decode() != text:
        raise Bad("base64 is not canonical")
    return data


def parse_vkey(text, kind=1):
    """Name, id and public key. `kind` 1 signs notes, 4 cosigns checkpoints."""
    parts = text.strip("\n").split("+", 2)
    if len(parts) != 3:
        raise Bad("not a verifier key")
    name, key_id, key = parts[0], parts[1], decode64(parts[2])
    if len(key) != 33 or key[0] != kind:
        raise Bad("not an Ed25519 key of the kind that is needed")
    digest = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if digest.hex() != key_id:
        raise Bad("the verifier key's id is not its own")
    return name, digest, key[1:]


def take_apart(data):
    """The text of a note, and its signature lines as (name, id, signature)."""
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad("checkpoint-malformed") from error
    if len(data) > MAX_NOTE or any(ord(c) < 0x20 and c != "\n" for c in note):
        raise Bad("checkpoint-malformed")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise Bad("checkpoint-malformed")
    lines = []
    for line in signatures[:-1].split("\n"):
        if not line.startswith("\u2014 "):
            raise Bad("checkpoint-malformed")
        name, space, encoded = line[2:].partition(" ")
        try:
            blob = decode64(encoded)
        except Bad:
            raise Bad("checkpoint-malformed") from None
        if not space or len(blob) < 4:
            raise Bad("checkpoint-malformed")
        lines.append((name, blob[:4], blob[4:]))
    return text + "\n", lines


def check(public, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Bad("checkpoint-signature") from None


def open_note(data, trusted):
    """The text and the name of the key that signed it. Raises Bad(code)."""
    text, lines = take_apart(data)
    signed_by = None
    for name, key_id, signature in lines:
        for known_name, known_id, public in trusted:
            if name == known_name and key_id == known_id:
                check(public, signature, text.encode())
                signed_by = signed_by or name
                break
    if signed_by is None:
        raise Bad("checkpoint-unsigned")
    return text, signed_by


def cosigned_at(data, witness):
    """The newest time of this witness's cosignatures (C2SP tlog-cosignature), None without one."""
    text, lines = take_apart(data)
    newest = None
    for name, key_id, signature in lines:
        if (name, key_id) != witness[:2]:
            continue
        seconds = int.from_bytes(signature[:8], "big")
        if len(signature) != 72 or not 0 < seconds < 1 << 63:
            raise Bad("checkpoint-signature")
        check(witness[2], signature[8:], f"cosignature/v1\ntime {seconds}\n{text}".encode())
        newest = max(newest or 0, seconds)
    return newest


def parse_checkpoint(text):
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise Bad("checkpoint-malformed")
    origin, size, root = lines[:3]
    if not (size.isascii() and size.isdigit()) or (len(size) > 1 and size[0] == "0") or int(size) >= 1 << 64:
        raise Bad("checkpoint-malformed")
    try:
        root = decode64(root)
    except Bad:
        raise Bad("checkpoint-malformed") from None
    if len(root) != 32 or (size == "0" and root != Tree().root()):
        raise Bad("checkpoint-malformed")
    return origin, int(size), root


# --- leaves ----------------------------------------------------------------------------------------


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Bad("the leaf ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def choice(self, most):
        value = self.number(1)
        if value > most:
            raise Bad("a byte out of range")
        return value

    def optional(self, count):
        return self.take(count) if self.choice(1) else None

    def text(self, width):
        try:
            text = self.take(self.number(width)).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Bad("text") from error
        if any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in text):
            raise Bad("a control character")
        return text

    def token(self):
        text = self.text(1)
        if not 1 <= len(text) <= 64 or set(text) - set("abcdefghijklmnopqrstuvwxyz0123456789-"):
            raise Bad("not a token")
        return text

    def listed(self, read):
        before, items = None, []
        for _ in range(self.number(2)):
            key, value = read()
            if before is not None and before >= key.encode():
                raise Bad("a list out of order")
            before = key.encode()
            items.append((key, value))
        return items

    def count(self):
        value = self.number(8)
        if value == 0:
            raise Bad("a count of 0")
        return value

    def detail(self):
        name, kind = self.token(), self.choice(2)
        return name, self.number(8) if kind == 0 else self.take(32) if kind == 1 else self.text(1)


def decode_leaf(data):
    if len(data) > MAX_LEAF:
        raise Bad("the leaf is too long")
    at = Cursor(data)
    if at.number(1) != 1:
        raise Bad("unknown version")
    leaf = {"sequence": at.number(8), "time_ms": at.number(8), "event": at.number(2)}
    leaf["exchange"] = at.optional(16)
    leaf["scope"] = [at.text(1), at.text(1), at.text(1)] if at.choice(1) else None
    leaf["route"] = at.text(2)
    decision = at.choice(2)
    leaf["decision"] = [None, "passed", None][decision] if decision < 2 else "refused " + at.token()
    leaf["rules"] = at.listed(lambda: (at.text(2), at.count()))
    leaf["permits"] = at.listed(lambda: (at.token(), at.count()))
    for digest in ("profile", "configuration", "binary"):
        leaf[digest] = at.optional(32)
    leaf["keys"] = at.listed(lambda: (at.token(), at.number(4)))
    leaf["vault"] = (at.number(8), at.take(32)) if at.choice(1) else None
    leaf["actor"] = at.text(1)
    leaf["left"] = at.optional(32)
    pupils = at.number(4)
    if pupils > MAX_PUPILS:
        raise Bad("too many pupils")
    leaf["pupils"] = (pupils, at.take(32)) if pupils else None
    leaf["needle"] = at.optional(32)
    leaf["details"] = at.listed(at.detail)
    if at.at != len(data):
        raise Bad("bytes are left over")
    return leaf


def commitments_match(leaf, data):
    if len(data) % 32:
        return False
    digests = [data[at : at + 32] for at in range(0, len(data), 32)]
    if any(before >= after for before, after in zip(digests, digests[1:])):
        return False
    if leaf["pupils"] is None:
        return not digests
    count, root = leaf["pupils"]
    return count == len(digests) and root_of(map(leaf_hash, digests)) == root


# --- files -----------------------------------------------------------------------------------------


def index_path(index, width):
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03}")
    return "/".join(parts) + (f".p/{width}" if width < WIDTH else "")


def read_first(directory, *paths):
    for path in paths:
        try:
            with open(os.path.join(directory, path), "rb") as file:
                return file.read()
        except OSError:
            pass
    return None


def read_tile(directory, level, index, width):
    paths = [f"tile/{level}/{index_path(index, w)}" for w in (width, WIDTH)]
    data = read_first(directory, *paths)
    if data is None or len(data) not in (32 * width, 32 * WIDTH):
        return None
    return [data[at : at + 32] for at in range(0, 32 * width, 32)]


def split_bundle(data, width):
    entries, at = [], 0
    while at + 2 <= len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        if at + 2 + length > len(data):
            return None
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(data) or len(entries) not in (width, WIDTH):
        return None
    return entries[:width]


class Log:
    """Records of entries.log: ("record", payload), then once ("end", torn bytes) or ("damaged", 0)."""

    def __init__(self, path):
        self.data = None
        if os.path.exists(path):
            with open(path, "rb") as file:
                self.data = file.read()
        self.at = len(LOG_MAGIC)

    def is_open(self):
        return self.data is not None

    def whole(self, at):
        """The payload of a whole record at this place, and whether it begins a batch."""
        head = self.data[at : at + 4]
        if len(head) < 4:
            return None, False
        value = int.from_bytes(head, "big")
        first, length = bool(value >> 31), value & 0x7FFF_FFFF
        if not 1 <= length <= MAX_RECORD or at + 12 + length > len(self.data):
            return None, False
        payload = self.data[at + 12 : at + 12 + length]
        good = hashlib.sha256(head + payload).digest()[:8] == self.data[at + 4 : at + 12]
        return (payload if good else None), first

    def next(self):
        kind, value = self.step()
        if kind != "record":
            self.data = None
        return kind, value

    def step(self):
        if self.data[: len(LOG_MAGIC)] != LOG_MAGIC:
            return "damaged", 0
        left = len(self.data) - self.at
        if left == 0:
            return "end", 0
        payload, _ = self.whole(self.at)
        if payload is not None:
            self.at += 12 + len(payload)
            return "record", payload
        if left > LONGEST_BATCH:
            return "damaged", 0
        for at in range(self.at + 1, len(self.data)):
            if self.data[at] & 0x80:
                later, first = self.whole(at)
                if later is not None and first:
                    return "damaged", 0
        return "end", left


def split_record(payload):
    if len(payload) < 2:
        return None
    length = int.from_bytes(payload[:2], "big")
    if 2 + length > len(payload):
        return None
    return payload[2 : 2 + length], payload[2 + length :]


# --- needle filters --------------------------------------------------------------------------------


def stretch_of(leaf):
    """(month, offset, bytes, count, root) of the stretch that a leaf commits to, or None."""
    details = dict(leaf["details"])
    month, numbers = details.get("month"), [details.get(name) for name in ("offset", "bytes", "count")]
    if leaf["event"] != NEEDLE_EVENT or leaf["needle"] is None or not isinstance(month, str):
        return None
    digits = month.replace("-", "", 1)
    if len(month) != 7 or month[4] != "-" or not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    if not all(isinstance(number, int) for number in numbers):
        return None
    return (month, *numbers, leaf["needle"])


def read_filters(directory, stretch):
    """What stands in a stretch, as (exchange, hash), and whether it is what the leaf commits to."""
    month, offset, left, count, root = stretch
    found, tree = [], Tree()
    try:
        with open(os.path.join(directory, "needle", month), "rb") as file:
            if file.read(16) != FILTERS_MAGIC:
                return found, False
            file.seek(offset)
            while left > 0:
                head = file.read(4)
                length = int.from_bytes(head, "big") + 16
                left -= 4 + length
                if len(head) < 4 or left < 0 or length > LONGEST_FILTER:
                    return found, False
                body = file.read(length)
                if len(body) < length:
                    return found, False
                tree.push(leaf_hash(body))
                if len(found) < min(count, MOST_NAMED):
                    found.append((body[:16], leaf_hash(body)))
    except (OSError, OverflowError):
        return found, False
    return found, tree.size == count and tree.root() == root


def read_list(directory, stretch, before):
    """What the month's list says of a stretch, None when it does not lead to the root."""
    month, _, _, count, root = stretch
    if count > MOST_NAMED:
        return None
    try:
        with open(os.path.join(directory, "needle", month + ".list"), "rb") as file:
            if file.read(16) != LIST_MAGIC:
                return None
            file.seek(16 + 48 * before)
            data = file.read(48 * count)
    except (OSError, OverflowError):
        return None
    listed = [(data[at : at + 16], data[at + 16 : at + 48]) for at in range(0, len(data), 48)]
    if len(data) != 48 * count or root_of(digest for _, digest in listed) != root:
        return None
    return listed


# --- verification ----------------------------------------------------------------------------------


class Findings:
    """What both kinds of verification find and report."""

    def __init__(self, trusted, witnesses):
        self.trusted, self.witnesses = trusted, witnesses
        self.found = {}
        self.origin, self.size, self.root, self.signed_by = "", 0, bytes(32), ""
        self.beyond, self.torn = 0, 0
        self.open = set()  # exchanges with a message that began to stream and has not ended
        self.cosigned = []

    def add(self, what, place):
        first, count = self.found.get(what, (str(place), 0))
        self.found[what] = (first, count + 1)

    def believe_checkpoint(self, data):
        try:
            text, signed_by = open_note(data, self.trusted)
            self.origin, self.size, self.root = parse_checkpoint(text)
            self.signed_by = signed_by
        except Bad as bad:
            self.add(str(bad), "checkpoint")
            return False
        return True

    def report(self):
        found = sorted(self.found.items(), key=lambda item: ORDER.index(item[0]))
        return {
            "good": not found,
            "origin": self.origin,
            "size": self.size,
            "root": base64.b64encode(self.root).decode(),
            "signed_by": self.signed_by,
            "beyond": self.beyond,
            "torn_bytes": self.torn,
            "open": len(self.open),
            "witnesses": [{"name": name, "size": size, "time": time} for name, size, time in self.cosigned],
            "differences": [
                {"what": what, "first": first, "count": count} for what, (first, count) in found
            ],
        }


class Verifier(Findings):
    def __init__(self, directory, trusted, witnesses):
        super().__init__(trusted, witnesses)
        self.directory = directory
        self.newest_ms = 0
        self.marks = []  # (size, root) that others kept
        self.entries, self.tiles = Tree(), Tree()
        self.filtered = {}  # how many filters the leaves so far commit to, by month
        self.levels = [[]]  # hashes of the tiles' lineage, per level, not yet made into a tile
        side = os.path.join(directory, "pupils/commitments")
        self.side = open(side, "rb") if os.path.exists(side) else None
        self.side_lost = False
        self.log = Log(os.path.join(directory, "entries.log"))

    def run(self, earlier):
        # Before the checkpoint: what is cosigned meanwhile is never of a later one.
        kept = [read_first(self.directory, "witnessed/" + by[1].hex()) for by in self.witnesses]
        data = read_first(self.directory, "checkpoint")
        if data is None:
            return self.add("checkpoint-missing", "checkpoint")
        if not self.believe_checkpoint(data):
            return None
        believed = [note for note in earlier if self.believe(note)]
        for witness, note in zip(self.witnesses, kept):
            self.ask(witness, note, believed, data)
        if self.walk():
            if self.entries.root() != self.root:
                self.add("root-differs", self.size)
            if self.tiles.root() != self.root:
                self.add("tiles-root-differs", self.size)
            self.partial_upper_tiles()
            self.walk_beyond()

    def open_own(self, data):
        """The checkpoint in a note that this journal signed, as (size, root)."""
        origin, size, root = parse_checkpoint(open_note(data, self.trusted)[0])
        if origin != self.origin:
            raise Bad("another journal")
        return size, root

    def fit(self, mark):
        if mark[0] > self.size:
            self.add("rolled-back", self.size)
        elif mark not in self.marks:
            self.marks.append(mark)

    def believe(self, data):
        try:
            self.fit(self.open_own(data))
        except Bad:
            self.add("earlier-not-believed", "earlier")
            return False
        return True

    def ask(self, witness, kept, earlier, checkpoint):
        """What a witness cosigned last: beside the journal, in an earlier checkpoint, in the newest."""
        name = "witnessed/" + witness[1].hex()
        places = [(name, kept)] if kept is not None else []
        places += [("earlier", note) for note in earlier] + [("checkpoint", checkpoint)]
        newest, differs = None, False
        for place, note in places:
            try:
                seconds = cosigned_at(note, witness)
                if seconds is None:
                    continue
                mark = self.open_own(note)
            except Bad:
                self.add("cosignature-differs", place)
                differs = True
                continue
            if newest is None or newest <= (mark[0], seconds):
                newest = (mark[0], seconds)
            if place == name:
                self.fit(mark)
        if newest is not None:
            self.cosigned.append((witness[0], *newest))
        elif not differs:
            self.add("cosignature-missing", witness[0])

    def compare_earlier(self):
        for size, root in self.marks:
            if size == self.entries.size and root != self.entries.root():
                self.add("forked", size)

    def walk(self):
        self.compare_earlier()
        for index in range(-(-self.size // WIDTH)):
            width = min(WIDTH, self.size - index * WIDTH)
            paths = ["tile/entries/" + index_path(index, w) for w in (width, WIDTH)]
            data = read_first(self.directory, *paths)
            entries = None if data is None else split_bundle(data, width)
            if data is None:
                self.add("bundle-missing", paths[0])
            elif entries is None:
                self.add("bundle-malformed", paths[0])
            tile = read_tile(self.directory, 0, index, width)
            if tile is None:
                self.add("tile-missing", "tile/0/" + index_path(index, width))
            if entries is None and tile is None:
                return False
            for place in range(width):
                self.entry(entries and entries[place], tile and tile[place])
        return True

    def entry(self, entry, in_tile):
        index = self.entries.size
        digest = in_tile if entry is None else leaf_hash(entry)
        if in_tile is not None and in_tile != digest:
            self.add("entry-differs", index)
        self.entries.push(digest)
        self.tiles.push(in_tile or digest)
        self.upper_tiles(in_tile or digest)
        self.compare_earlier()
        leaf = None if entry is None else self.leaf(entry, index)
        self.side_file(leaf, index)
        if self.log.is_open():
            self.logged(digest, index)

    def leaf(self, entry, index):
        try:
            leaf = decode_leaf(entry)
        except Bad:
            return self.add("leaf-unreadable", index)
        if leaf["sequence"] != index:
            self.add("leaf-out-of-place", index)
        if leaf["event"] == CLOCK_EVENT:
            self.newest_ms = leaf["time_ms"]
        elif leaf["time_ms"] + CLOCK_SLACK_MS < self.newest_ms:
            self.add("time-went-back", index)
        else:
            self.newest_ms = max(self.newest_ms, leaf["time_ms"])
        self.filters(leaf, index)
        if leaf["event"] == OPENED_EVENT:
            self.open.add(leaf["exchange"])
        elif leaf["event"] == CLOSED_EVENT:
            self.open.discard(leaf["exchange"])
        return leaf

    def filters(self, leaf, index):
        stretch = stretch_of(leaf)
        if stretch is None:
            return
        before = self.filtered.get(stretch[0], 0)
        self.filtered[stretch[0]] = min(before + stretch[3], (1 << 64) - 1)
        found, good = read_filters(self.directory, stretch)
        if good:
            return
        listed = read_list(self.directory, stretch, before)
        if listed is None:
            # Nobody can say which.
            return self.add("filter-differs" if found else "filter-missing", f"entry {index}")
        digests, exchanges = {digest for _, digest in found}, {exchange for exchange, _ in found}
        others = [exchange for exchange, digest in listed if digest not in digests]
        for exchange in others:
            what = "filter-differs" if exchange in exchanges else "filter-missing"
            self.add(what, f"exchange {exchange.hex()}, entry {index}")
        if not others:
            # All are there: in another order, or with others between them.
            moved = [one[0] for one, other in zip(listed, found) if one[1] != other[1]]
            self.add("filter-differs", f"exchange {moved[0].hex()}, entry {index}" if moved else f"entry {index}")

    def side_file(self, leaf, index):
        if leaf is None:
            self.side_lost = True  # how many commitments it has is not known
        if self.side_lost or leaf["pupils"] is None:
            return
        wanted = 32 * leaf["pupils"][0]
        data = self.side.read(wanted) if self.side else b""
        if len(data) < wanted:
            self.add("commitments-missing", index)
            self.side_lost = True
        elif not commitments_match(leaf, data):
            self.add("commitments-differ", index)

    def logged(self, digest, index):
        kind, payload = self.log.next()
        if kind == "end":
            return self.add("log-shorter", index)
        if kind == "damaged":
            return self.add("log-damaged", index)
        parts = split_record(payload)
        if parts is None or leaf_hash(parts[0]) != digest:
            return self.add("log-differs", index)
        try:
            if not commitments_match(decode_leaf(parts[0]), parts[1]):
                self.add("log-commitments-differ", index)
        except Bad:
            pass  # told of the entry itself

    def walk_beyond(self):
        index = self.size
        while self.log.is_open():
            kind, payload = self.log.next()
            if kind == "end":
                self.torn = payload
            elif kind == "damaged":
                self.add("log-damaged", index)
            else:
                parts = split_record(payload)
                if parts is None:
                    self.add("leaf-unreadable", index)
                else:
                    leaf = self.leaf(parts[0], index)
                    if leaf is not None and not commitments_match(leaf, parts[1]):
                        self.add("log-commitments-differ", index)
                    self.beyond += 1
            index += 1

    def upper_tiles(self, digest):
        """Level 0 was compared entry by entry; each full tile gives one hash of the level above."""
        level = 0
        while True:
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(digest)
            if len(self.levels[level]) < WIDTH:
                return
            full, self.levels[level] = self.levels[level], []
            index = (self.entries.size >> (8 * (level + 1))) - 1
            self.compare_tile(level, index, full)
            digest = root_of(full)
            level += 1

    def partial_upper_tiles(self):
        for level, digests in enumerate(self.levels):
            if digests:
                self.compare_tile(level, self.size >> (8 * (level + 1)), digests)

    def compare_tile(self, level, index, digests):
        if level == 0:
            return
        paths = [f"tile/{level}/{index_path(index, w)}" for w in (len(digests), WIDTH)]
        data, expected = read_first(self.directory, *paths), b"".join(digests)
        if data is None:
            self.add("tile-missing", paths[0])
        elif data != expected and not (len(data) == 32 * WIDTH and data.startswith(expected)):
            self.add("tile-differs", paths[0])


# --- files beside the vault ------------------------------------------------------------------------


def every_leaf(directory, size):
    """The leaves of entries.log, or, in a copy without one, of the bundles; what is unreadable was told before."""
    log = Log(os.path.join(directory, "entries.log"))
    if log.is_open():
        while log.is_open():
            kind, value = log.next()
            parts = split_record(value) if kind == "record" else None
            if parts is not None:
                yield decode_leaf(parts[0])
        return
    for index in range(-(-size // WIDTH)):
        width = min(WIDTH, size - index * WIDTH)
        data = read_first(directory, *["tile/entries/" + index_path(index, w) for w in (width, WIDTH)])
        for entry in (data is not None and split_bundle(data, width)) or []:
            yield decode_leaf(entry)


def compare_beside(verifier, paths):
    """Each file must be the newest that an entry names for some school."""
    newest, named = {}, {}
    try:
        for leaf in every_leaf(verifier.directory, verifier.size) if paths else []:
            details = dict(leaf["details"])
            school, digest = details.get("school"), details.get("sealed")
            if leaf["event"] == ROSTER_EVENT and isinstance(school, str) and isinstance(digest, bytes):
                newest[school] = digest
                named[digest] = leaf["sequence"]
    except Bad:
        pass  # The verifier has told.
    for path in paths:
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).digest()
        if digest not in named:
            verifier.add("beside-unknown", os.path.basename(path))
        elif digest not in newest.values():
            verifier.add("beside-older", named[digest])


# --- proofs of single entries (C2SP tlog-proof) ----------------------------------------------------


def parse_proof(data):
    head, blank, note = data.partition(b"\n\n")
    lines = head.split(b"\n")
    if not blank or len(lines) < 3 or lines[0] != b"c2sp.org/tlog-proof@v1":
        raise Bad("proof-malformed")
    try:
        extra, index = (line.decode("ascii").split(" ") for line in lines[1:3])
        if extra[0] != "extra" or index[0] != "index" or len(extra) != 2 or len(index) != 2:
            raise Bad("proof-malformed")
        number = index[1]
        if not number.isdigit() or (len(number) > 1 and number[0] == "0") or int(number) >= 1 << 64:
            raise Bad("proof-malformed")
        hashes = [decode64(line.decode("ascii")) for line in lines[3:]]
        if any(len(digest) != 32 for digest in hashes):
            raise Bad("proof-malformed")
        return decode64(extra[1]), int(number), hashes, note
    except (Bad, UnicodeDecodeError, ValueError):
        raise Bad("proof-malformed") from None


def root_from(index, size, digest, hashes):
    """The root that an inclusion proof leads to (RFC 6962, 2.1.1), None when it has another length."""
    def climb(index, size, hashes):
        if size == 1:
            return digest if not hashes else None
        split = 1 << (size - 1).bit_length() - 1
        if not hashes:
            return None
        left = index < split
        below = climb(index if left else index - split, split if left else size - split, hashes[:-1])
        if below is None:
            return None
        return node_hash(below, hashes[-1]) if left else node_hash(hashes[-1], below)

    return climb(index, size, hashes) if index < size else None


class ProofVerifier(Findings):
    def __init__(self, trusted, witnesses):
        super().__init__(trusted, witnesses)
        self.index, self.entry = 0, b""

    def run(self, data):
        try:
            data.decode("utf-8")
            self.entry, self.index, hashes, note = parse_proof(data)
        except (Bad, UnicodeDecodeError):
            return self.add("proof-malformed", "proof")
        if not self.believe_checkpoint(note):
            return None
        for witness in self.witnesses:
            try:
                seconds = cosigned_at(note, witness)
            except Bad:
                self.add("cosignature-differs", "checkpoint")
                continue
            if seconds is None:
                self.add("cosignature-missing", witness[0])
            else:
                self.cosigned.append((witness[0], self.size, seconds))
        if root_from(self.index, self.size, leaf_hash(self.entry), hashes) != self.root:
            self.add("proof-differs", self.index)
        try:
            if decode_leaf(self.entry)["sequence"] != self.index:
                self.add("leaf-out-of-place", self.index)
        except Bad:
            self.add("leaf-unreadable", self.index)

    def report(self):
        return {**super().report(), "index": self.index, "leaf_hash": leaf_hash(self.entry).hex()}


def read_key(text, kind=1):
    return parse_vkey(open(text[1:]).read() if text.startswith("@") else text, kind)


def main():
    arguments = argparse.ArgumentParser(description="Verify a Sluis journal.")
    arguments.add_argument("directory", nargs="?", help="the journal, unless --proof is given")
    arguments.add_argument("vkey", help="the journal's verifier key, or @FILE")
    arguments.add_argument("--proof", help="verify this proof of one entry instead")
    arguments.add_argument("--earlier", action="append", default=[], help="file of an earlier checkpoint")
    arguments.add_argument("--witness", action="append", default=[], help="a witness's key, or @FILE")
    arguments.add_argument("--beside", action="append", default=[], help="a sealed file beside the vault")
    arguments.add_argument("--trust", action="append", default=[], help="an earlier verifier key")
    given = arguments.parse_args()
    if (given.directory is None) == (given.proof is None):
        arguments.error("give either DIRECTORY or --proof FILE")
    try:
        trusted = [read_key(key) for key in [given.vkey] + given.trust]
        witnesses = [read_key(key, 4) for key in given.witness]
        earlier = [open(path, "rb").read() for path in given.earlier]
        proof = open(given.proof, "rb").read() if given.proof else None
    except (Bad, OSError) as error:
        print(f"cannot read what was given: {error}", file=sys.stderr)
        return 2
    if proof is None:
        verifier = Verifier(given.directory, trusted, witnesses)
        verifier.run(earlier)
        try:
            compare_beside(verifier, given.beside)
        except OSError as error:
            print(f"cannot read what was given: {error}", file=sys.stderr)
            return 2
    else:
        verifier = ProofVerifier(trusted, witnesses)
        verifier.run(proof)
    print(json.dumps(verifier.report(), indent=2))
    return 0 if not verifier.found else 1


if __name__ == "__main__":
    sys.exit(main())
