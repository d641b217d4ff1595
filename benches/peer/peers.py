#!/usr/bin/env python3
"""peers.py LINES DOCS: what `peers.sh` measured, as a table in DOCS/SPEED.md (between its marks) and a plot in DOCS/peers.svg.

A ratio is to the mean of the two runs of plain nginx around it, and counts instructions where the machine counts them,
else CPU time (user and system, of all the peer's processes). The table gives the median and, behind it, least and most.
"""
import collections
import datetime
import json
import pathlib
import platform
import re
import statistics
import sys

BOUND = {"pass": None, "single": 2.0, "roster_req": 8.0, "roster_resp": 3.5, "bulk_json": 8.5, "handshake": 0.6}
MEANING = {
    "pass": "1 KB, nothing masked",
    "single": "1 KB, one pupil",
    "roster_req": "roster request, 337 KB",
    "roster_resp": "roster reply, 287 KB",
    "bulk_json": "10 MB",
    "handshake": "handshake",
}
NAMES = {"sluis": "Sluis", "sluis-memory": "Sluis, no syncs, no needle", "sluis-strangers": "Sluis, the same, nobody known", "pingora": "Pingora"}
HUES = {"sluis": "#1b6ca8", "sluis-memory": "#7fb3d5", "sluis-strangers": "#c9dff0", "pingora": "#b0a080"}


def blocks(lines):
    """Runs between two runs of nginx, with both."""
    block = []
    for line in lines:
        block.append(line)
        if line["peer"] == "nginx" and len(block) > 1:
            yield block
            block = []


def cost(line):
    return line.get("k_instr_per_req") or line.get("cpu_s_per_1k")


def gather(lines):
    ratios, seen, invalid = collections.defaultdict(list), collections.defaultdict(list), {}
    for block in blocks(lines):
        floor = [cost(line) for line in block if line["peer"] == "nginx"]
        for line in block:
            key = (line["mode"], line["scenario"], line["peer"])
            if "invalid" in line:
                invalid[key] = line["invalid"]
                continue
            seen[key].append(line)
            if line["peer"] != "nginx" and line["mode"] == "sat":
                ratios[key[1:]].append(cost(line) / statistics.mean(floor))
    return ratios, seen, invalid


def spread(values, digits=1):
    if not values:
        return "–"
    middle, least, most = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}–{most})"


def table(ratios, seen, invalid, counted):
    peers = [peer for peer in ("sluis", "sluis-memory", "sluis-strangers", "pingora") if any(key[1] == peer for key in ratios)]
    out = ["| " + " | ".join(["ratio to plain nginx", *(NAMES[peer] for peer in peers), "bound", "Sluis: CPU, memory"]) + " |"]
    out.append("|---" * (len(peers) + 3) + "|")
    for scenario, bound in BOUND.items():
        runs = seen[("sat", scenario, "sluis")]
        own = "–"
        if runs:
            used = statistics.median(run["cpu_s_per_1k"] for run in runs)
            own = f"{used * 1000:,.0f} µs, {max(run['rss_peak_mb'] for run in runs):.0f} MB"
        cells = []
        for peer in peers:
            why = invalid.get(("sat", scenario, peer))
            cells.append(f"invalid: {why[:60]}" if why else spread(ratios.get((scenario, peer))))
        out.append(f"| {MEANING[scenario]} | {' | '.join(cells)} | {bound or '–'} | {own} |")
    out.append("")
    for mode, what in (("rate", "200 requests a second, alone"), ("mix", "200 a second beside 10 MB uploads, in 6 s")):
        for peer in ("nginx", *peers):
            runs = [run for key, found in seen.items() if key[0] == mode and key[2] == peer for run in found]
            if runs:
                middle = {name: statistics.median(run[name] for run in runs) for name in ("p50_us", "p99_us", "max_us", "rps")}
                out.append(f"- {what}, {NAMES.get(peer, peer)}: {middle['rps']:.0f} a second served, median "
                           f"{middle['p50_us']:,.0f} µs, p99 {middle['p99_us']:,.0f} µs, worst {middle['max_us']:,.0f} µs")
    unit = "instructions" if counted else "CPU time (this machine does not count instructions; it wanders up to 1.9-fold)"
    out.append("")
    out.append(f"Ratios of {unit}. {datetime.date.today()}, {platform.machine()}, Linux {platform.release()}; `make bench-peers`.")
    return "\n".join(out)


def plot(ratios):
    """Bars on a logarithmic scale, one group a scenario; a line across a group is its bound."""
    import math
    left, top, height, group, bar = 60, 20, 260, 150, 34
    scenarios = [scenario for scenario in BOUND if any(key[0] == scenario for key in ratios)]
    peers = [peer for peer in HUES if any(key[1] == peer for key in ratios)]
    most = max(max(values) for values in ratios.values())
    decades = math.ceil(math.log10(most) + 1)
    place = lambda ratio: top + height - (math.log10(max(ratio, 0.1)) + 1) / decades * height
    width = left + group * len(scenarios) + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 90}" font-family="sans-serif" font-size="12">',
           "<title>What an exchange costs, as a ratio to plain nginx</title>", f'<rect width="{width}" height="{height + 90}" fill="#fff"/>']
    for decade in range(decades + 1):
        ratio = 10 ** (decade - 1)
        y = place(ratio)
        out.append(f'<line x1="{left}" x2="{width - 10}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{ratio:g}×</text>')
    for number, scenario in enumerate(scenarios):
        x = left + 15 + number * group
        for index, peer in enumerate(peers):
            values = ratios.get((scenario, peer))
            if values:
                y = place(statistics.median(values))
                out.append(f'<rect x="{x + index * (bar + 4)}" y="{y:.0f}" width="{bar}" height="{top + height - y:.0f}" fill="{HUES[peer]}"/>'
                           f'<text x="{x + index * (bar + 4) + bar / 2}" y="{y - 4:.0f}" text-anchor="middle">{statistics.median(values):.1f}</text>')
        if BOUND[scenario]:
            y = place(BOUND[scenario])
            out.append(f'<line x1="{x - 6}" x2="{x + len(peers) * (bar + 4) + 2}" y1="{y:.0f}" y2="{y:.0f}" stroke="#c0392b" stroke-dasharray="5 3"/>')
        out.append(f'<text x="{x + 50}" y="{top + height + 18}" text-anchor="middle">{MEANING[scenario]}</text>')
    for index, peer in enumerate(peers):
        x = left + 15 + index * 210
        out.append(f'<rect x="{x}" y="{height + 56}" width="12" height="12" fill="{HUES[peer]}"/><text x="{x + 18}" y="{height + 66}">{NAMES[peer]}</text>')
    out.append(f'<text x="{left + 15 + len(peers) * 210}" y="{height + 66}" fill="#c0392b">– – bound</text></svg>')
    return "\n".join(out) + "\n"


def main():
    lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    docs = pathlib.Path(sys.argv[2])
    ratios, seen, invalid = gather(lines)
    counted = any("k_instr_per_req" in line for line in lines)
    made = table(ratios, seen, invalid, counted)
    print(made)
    page = docs / "SPEED.md"
    text = page.read_text(encoding="utf-8")
    text, found = re.subn(r"(<!-- peers -->\n).*?(<!-- /peers -->)", lambda at: at[1] + "\n" + made + "\n\n" + at[2], text, flags=re.S)
    if not found:
        sys.exit(f"{page} has no <!-- peers --> … <!-- /peers -->")
    page.write_text(text, encoding="utf-8")
    (docs / "peers.svg").write_text(plot(ratios), encoding="utf-8")


if __name__ == "__main__":
    main()
