#!/usr/bin/env python3
"""The ratchet: instructions of the pieces of an exchange, counted by callgrind, against benches/instructions.toml.

Called by tests/run.sh. `benches/counted.rs` does a piece a few times; only what happens in its function `once` is
counted, so neither the start nor another thread is in it. A piece that takes 3 % more than is written fails: mend it,
or explain it in the commit that raises the figure. One that takes 3 % less fails too, so that a gain is kept.
    tests/ratchet.py --write [PIECE …]    writes the figures anew (of these pieces)

The figures hold for one compiler and one processor's kinds of instruction; elsewhere the test says that it is skipped.
"""

import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

HOME = pathlib.Path(__file__).resolve().parent.parent
FIGURES = HOME / "benches" / "instructions.toml"
TOLERANCE = 0.03
# Piece, and how often it is done: enough that a rare rehash or a longer probe does not show.
PIECES = {
    "derive": 2000, "parse": 5, "find": 5, "splice": 5, "guard": 3, "guard-watched": 3, "needle": 3, "needle-small": 100, "exchange": 50, "exchange-roster": 3,
}
HEAD = """\
# Instructions of one piece of an exchange: `tests/ratchet.py` compares, `tests/ratchet.py --write` writes.
# A rise is explained in the commit that raises the figure.
"""


def skip(why):
    print(f"skipped: ratchet of instructions: {why}")
    sys.exit(0)


def machine():
    """What the figures depend on besides the code."""
    compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").split("flags", 1)[-1].split("\n", 1)[0].split()
    vectors = "avx2" if "avx2" in flags else "no avx2"
    return {"rustc": compiler, "machine": f"{platform.machine()}, {vectors}"}


def build():
    made = subprocess.run(["cargo", "build", "--quiet", "--profile", "counted", "--bench", "counted", "--message-format=json"],
                          cwd=HOME, stdout=subprocess.PIPE, text=True, check=False)
    found = re.findall(r'"executable":"([^"]*/counted-[^"]*)"', made.stdout)
    if made.returncode != 0 or not found:
        sys.exit("ratchet: benches/counted.rs was not built")
    return found[-1]


def count(program, piece, times):
    with tempfile.TemporaryDirectory() as place:
        # Hash tables seeded from the kernel's random numbers differ a little from run to run; nothing else does.
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=counted::once*",
             f"--callgrind-out-file={place}/out", program, piece, str(times)],
            capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found or found[1] == "0":
        sys.exit(f"ratchet: {piece} did not run under callgrind:\n{run.stderr[-2000:]}")
    return int(found[1]) // times


def write(figures, here):
    lines = [f'{name} = "{value}"' for name, value in here.items()] + ["", "[pieces]"]
    lines += [f"{piece} = {figures[piece]}" for piece in PIECES if piece in figures]
    FIGURES.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def main():
    anew = "--write" in sys.argv
    named = [word for word in sys.argv[1:] if word != "--write"] or list(PIECES)
    if shutil.which("valgrind") is None:
        skip("valgrind is not installed and could not be")
    here = machine()
    written = tomllib.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {"pieces": {}}
    there = {name: written.get(name) for name in here}
    if not anew and there != here:
        skip(f"the figures are of {there}, this is {here}")
    program = build()
    off = []
    for piece in named:
        counted = count(program, piece, PIECES[piece])
        before = written["pieces"].get(piece)
        change = f"{counted / before - 1:+.2%}" if before else "new"
        print(f"ratchet {piece}: {counted:,} instructions, {change}", flush=True)
        if not before or abs(counted / before - 1) > TOLERANCE:
            off.append(piece)
        written["pieces"][piece] = counted
    if anew:
        write(written["pieces"], here)
    elif off:
        sys.exit(f"ratchet: more than 3 % off: {', '.join(off)}. Mend it, or run tests/ratchet.py --write "
                 f"{' '.join(off)} and say why in the commit.")


if __name__ == "__main__":
    main()
