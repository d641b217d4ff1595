#!/usr/bin/env python3
"""Whether cost and memory stay flat: `make bench-flat`. A real Sluis as start.sh starts it, TLS on loopback, the publisher and
all callers in this script; what each part measures is written to docs/SPEED.md (between its marks) and drawn in docs/flat.svg.

    BENCH=/path/to/bench [SLUIS=target/release/sluis] [MAPPINGS=1000000] [FILL_S=240] python3 benches/peer/flat.py [bodies] [connections] [mappings]

bodies: 1 to 100 MB both ways; connections: small exchanges beside 0 to 10,000 idle ones; mappings: small exchanges while the
vault holds 1,000 to MAPPINGS pseudonyms (filling stops after FILL_S seconds and says where). BENCH is the rig, with its
payload and certificates made. CPU time is the process's own clock; of several runs the least counts, since others on the
machine only ever add to it. What a part measured before stays until it runs again (target/flat.json)."""
import concurrent.futures, datetime, http.client, json, math, os, pathlib, random, resource, socket, ssl, statistics, subprocess, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
os.environ.setdefault("BENCH", str(PROJECT / "target/bench"))
sys.path.insert(0, str(HERE))
import bulk  # noqa: E402: it reads BENCH

KEPT = PROJECT / "target/flat.json"
SMALL = json.loads((bulk.BENCH / "payload/single/000.json").read_bytes())
RUNS, EACH = 3, 500
CONTEXT = ssl.create_default_context(cafile=bulk.CA)


class Sluis:
    """One that serves until the end of the block, with a publisher behind it."""

    def __init__(self, limits=""):
        self.limits = limits

    def __enter__(self):
        self.publisher = bulk.ThreadingHTTPServer(("127.0.0.1", bulk.UPSTREAM), bulk.Stub)
        self.publisher.daemon_threads = True
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(bulk.CERT, bulk.KEY)
        self.publisher.socket = tls.wrap_socket(self.publisher.socket, server_side=True)
        threading.Thread(target=self.publisher.serve_forever, daemon=True).start()
        self.run = tempfile.TemporaryDirectory(prefix="sluis-flat-", dir=PROJECT / "target")
        environment = dict(os.environ, PORT=str(bulk.PORT), UPSTREAM=f"127.0.0.1:{bulk.UPSTREAM}", RUN=self.run.name,
                           CA=bulk.CA, CERT=bulk.CERT, KEY=bulk.KEY, SLUIS_LIMITS=self.limits)
        self.log = open(f"{self.run.name}/log", "w")
        self.process = subprocess.Popen([HERE / "start.sh"], env=environment, stdout=subprocess.DEVNULL, stderr=self.log)
        for _ in range(300):
            try:
                bulk.ask("GET", "/raw/ping")
                break
            except (OSError, SystemExit):
                time.sleep(0.2)
        else:
            sys.exit(f"Sluis does not serve: {open(self.log.name).read()[-2000:]}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.publisher.shutdown()
        self.publisher.server_close()
        self.run.cleanup()

    def cpu(self):
        """Seconds of its CPU clock, all threads."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def resident(self, what="VmRSS"):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(what):
                return int(line.split()[1]) / 1024

    def forget_peak(self):
        open(f"/proc/{self.process.pid}/clear_refs", "w").write("5")

    def small(self, pupils):
        """µs of CPU for a small exchange, one after the other on one connection, and the median wait in µs."""
        connection = http.client.HTTPSConnection("127.0.0.1", bulk.PORT, context=CONTEXT, timeout=60)
        costs, waits = [], []
        for run in range(RUNS + 1):
            begun = self.cpu()
            for _ in range(EACH if run else 100):
                SMALL["student"]["studentId"] = f"s{2_000_000 + random.randrange(pupils)}"
                body, since = json.dumps(SMALL).encode(), time.monotonic()
                connection.request("POST", "/v1/results", body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                got = reply.read()
                if reply.status != 200:
                    sys.exit(f"{reply.status}: {got[:300]!r}")
                if run:
                    waits.append(time.monotonic() - since)
            if run:
                costs.append((self.cpu() - begun) / EACH * 1e6)
        connection.close()
        return min(costs), statistics.median(waits) * 1e6


def bodies():
    """Cost a MB, and peak memory, of bodies that leave and come home."""
    pupils = json.loads((bulk.BENCH / "payload/roster10m.json").read_bytes())
    pupils = [dict(pupils[at % 1000], ref=pupils[0]["ref"]) for at in range(len(pupils))]
    names = ("givenName", "familyName", "displayName")
    rows = []
    # A new one for each size: what an allocator keeps from one must not hide what the next takes.
    for megabytes in (1, 2, 5, 10, 20, 50, 100):
        with Sluis() as sluis:
            bulk.ask("POST", "/v1/roster", json.dumps(pupils[:1000]).encode())
            some = (pupils * math.ceil(megabytes / 10))[: len(pupils) * megabytes // 10]
            body = json.dumps(some, separators=(",", ":"), ensure_ascii=False).encode()
            row = {"mb": megabytes, "idle": sluis.resident()}
            for way in ("leave", "home"):
                costs = []
                sluis.forget_peak()
                for _ in range(RUNS if megabytes <= 20 else 1):
                    begun = sluis.cpu()
                    got = bulk.ask("POST", "/v1/roster", body) if way == "leave" else bulk.ask("GET", "/v1/roster")
                    costs.append((sluis.cpu() - begun) * 1000)
                size = len(body if way == "leave" else bulk.Stub.last) / 1e6
                row[way] = {"ms_per_mb": min(costs) / size, "size": size, "peak": sluis.resident("VmHWM")}
            wanted = [{key: value for key, value in one.items() if key not in names} for one in some]
            assert json.loads(got) == wanted, "what came home is not what left"
            print(row, flush=True)
            rows.append(row)
    return rows


def connections():
    """CPU of a small exchange, and memory, beside connections that are open and say nothing."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    rows, held = [], []

    def open_one(number):
        raw = socket.create_connection(("127.0.0.1", bulk.PORT), timeout=60, source_address=(f"127.0.0.{2 + number % 4}", 0))
        tls = CONTEXT.wrap_socket(raw, server_hostname="localhost")
        tls.sendall(b"GET /raw/ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        reply = tls.recv(16384)
        assert reply.startswith(b"HTTP/1.1 200"), reply[:200]
        return tls

    limits = "[limits]\nconnections = 20000\nidle_ms = 600000\n"
    with Sluis(limits) as sluis, concurrent.futures.ThreadPoolExecutor(8) as pool:
        sluis.small(10_000)
        for count in (0, 10, 100, 1000, 10_000):
            held += pool.map(open_one, range(len(held), count))
            cost, wait = sluis.small(10_000)
            rows.append({"idle": count, "us": cost, "wait": wait, "mb": sluis.resident()})
            print(rows[-1], flush=True)
        # They must still be there, or nothing was shown.
        for tls in held[:: max(1, len(held) // 100)]:
            tls.sendall(b"GET /raw/ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert tls.recv(16384).startswith(b"HTTP/1.1 200")
    return rows


def mappings():
    """CPU of a small exchange with random pupils, and memory, while the vault fills. New pupils come as rosters of 1,000."""
    top, bound = int(os.environ.get("MAPPINGS", 1_000_000)), float(os.environ.get("FILL_S", 240))
    rows, filled, spent = [], 0, 0.0
    local = threading.local()

    def fill(first):
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPSConnection("127.0.0.1", bulk.PORT, context=CONTEXT, timeout=60)
        body = b"[" + b",".join(b'{"studentId":"s%d"}' % (2_000_000 + number) for number in range(first, first + 1000)) + b"]"
        local.connection.request("POST", "/v1/roster", body, {"Content-Type": "application/json"})
        reply = local.connection.getresponse()
        got = reply.read()
        assert reply.status == 200, got[:300]

    with Sluis() as sluis, concurrent.futures.ThreadPoolExecutor(4) as pool:
        want = 1000
        while filled < top and spent < bound:
            begun, goal = time.monotonic(), min(want, top)
            while filled < goal and spent + time.monotonic() - begun < bound:
                step = min(goal, filled + 100_000)
                list(pool.map(fill, range(filled, step, 1000)))
                filled = step
            spent += time.monotonic() - begun
            cost, wait = sluis.small(filled)
            size = sum(path.stat().st_size for path in pathlib.Path(sluis.run.name, "sluis/school/state/vault").rglob("*") if path.is_file())
            rows.append({"mappings": filled, "us": cost, "wait": wait, "mb": sluis.resident(), "disk": size / 1e6, "fill_s": spent})
            print(rows[-1], flush=True)
            want *= 10
    return rows


def panel(x, y, title, unit, series, ticks):
    """One plot: x logarithmic, y from nought."""
    width, height = 340, 170
    points = [point for _, _, values in series for point in values]
    low, high = math.log10(ticks[0][0]), math.log10(ticks[-1][0])
    most = max(value for _, value in points) * 1.15
    step = 10 ** math.floor(math.log10(most))
    step = next(step / part for part in (1, 2, 4, 5, 10) if most / (step / part) >= 3)
    across = lambda value: x + (math.log10(value) - low) / (high - low) * width
    up = lambda value: y + height - value / most * height
    out = [f'<text x="{x}" y="{y - 12}" font-weight="bold">{title}</text>']
    for number in range(int(most / step) + 1):
        at = up(number * step)
        out.append(f'<line x1="{x}" x2="{x + width}" y1="{at:.0f}" y2="{at:.0f}" stroke="#ddd"/><text x="{x - 6}" y="{at + 4:.0f}" text-anchor="end">{number * step:g}</text>')
    out += [f'<text x="{across(value):.0f}" y="{y + height + 16}" text-anchor="middle">{text}</text>' for value, text in ticks]
    out.append(f'<text x="{x + width}" y="{y - 12}" text-anchor="end" fill="#666">{unit}</text>')
    for index, (name, hue, values) in enumerate(series):
        line = " ".join(f"{across(at):.1f},{up(value):.1f}" for at, value in values)
        out.append(f'<polyline points="{line}" fill="none" stroke="{hue}" stroke-width="2"/>')
        out += [f'<circle cx="{across(at):.1f}" cy="{up(value):.1f}" r="3" fill="{hue}"/>' for at, value in values]
        if name:
            out.append(f'<text x="{x + 90 * index + 4}" y="{y + height + 34}" fill="{hue}">{name}</text>')
    return "\n".join(out)


def plot(kept):
    blue, sand = "#1b6ca8", "#b0803a"
    panels = []
    if rows := kept.get("bodies"):
        ticks = [(1, "1 MB"), (10, "10 MB"), (100, "100 MB")]
        for at, (title, unit, key) in enumerate((("Bodies: CPU", "ms a MB", "ms_per_mb"), ("Bodies: peak memory", "MiB", "peak"))):
            series = [(name, hue, [(row["mb"], row[way][key]) for row in rows]) for name, hue, way in (("leaving", blue, "leave"), ("coming home", sand, "home"))]
            panels.append(panel(60 + at * 430, 40, title, unit, series, ticks))
    for line, (part, name, ticks) in enumerate((
        ("connections", "Idle connections", [(1, "0"), (10, "10"), (100, "100"), (1000, "1,000"), (10_000, "10,000")]),
        ("mappings", "Mappings in the vault", [(1000, "1,000"), (10_000, "10,000"), (100_000, "100,000"), (1_000_000, "1 M"), (10_000_000, "10 M")]),
    )):
        if rows := kept.get(part):
            x = lambda row: max(1, row.get("mappings", row.get("idle", 0)))
            ticks = [tick for tick in ticks if tick[0] <= x(rows[-1])]
            for at, (title, unit, key) in enumerate(((f"{name}: CPU of 1 KB", "µs", "us"), (f"{name}: memory", "MiB", "mb"))):
                panels.append(panel(60 + at * 430, 290 + line * 250, title, unit, [("", blue, [(x(row), row[key]) for row in rows])], ticks))
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 850 790" font-family="sans-serif" font-size="12">\n'
            '<title>Cost and memory against size, connections and mappings</title>\n<rect width="850" height="790" fill="#fff"/>\n'
            + "\n".join(panels) + "\n</svg>\n")


def table(kept):
    out = []
    if rows := kept.get("bodies"):
        out += ["| body | leaves: CPU a MB | peak memory | comes home: CPU a MB | peak memory |", "|---|---|---|---|---|"]
        out += [f"| {row['mb']} MB | {row['leave']['ms_per_mb']:.1f} ms | {row['leave']['peak']:.0f} MiB | "
                f"{row['home']['ms_per_mb']:.1f} ms | {row['home']['peak']:.0f} MiB |" for row in rows] + [""]
    if rows := kept.get("connections"):
        out += ["| idle connections | CPU of an exchange of 1 KB | median wait | memory |", "|---|---|---|---|"]
        out += [f"| {row['idle']:,} | {row['us']:.0f} µs | {row['wait']:,.0f} µs | {row['mb']:.0f} MiB |" for row in rows] + [""]
    if rows := kept.get("mappings"):
        out += ["| mappings | CPU of an exchange of 1 KB | median wait | memory | vault on disk | filled after |", "|---|---|---|---|---|---|"]
        out += [f"| {row['mappings']:,} | {row['us']:.0f} µs | {row['wait']:,.0f} µs | {row['mb']:.0f} MiB | {row['disk']:,.0f} MB | {row['fill_s']:.0f} s |" for row in rows] + [""]
    when = "; ".join(f"{part}: {said}" for part, said in kept["when"].items())
    return "\n".join(out) + f"\n`make bench-flat`. {when}."


def main(parts):
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"when": {}}
    for part in parts:
        loads = [os.getloadavg()[0]]
        kept[part] = {"bodies": bodies, "connections": connections, "mappings": mappings}[part]()
        kept["when"][part] = f"{datetime.date.today()}, load of the machine before it {loads[0]:.1f}"
        KEPT.write_text(json.dumps(kept))
    made = table(kept)
    print(made)
    page = PROJECT / "docs/SPEED.md"
    before, _, rest = page.read_text(encoding="utf-8").partition("<!-- flat -->\n")
    _, end, behind = rest.partition("<!-- /flat -->")
    if not end:
        sys.exit(f"{page} has no <!-- flat --> … <!-- /flat -->")
    page.write_text(f"{before}<!-- flat -->\n\n{made}\n\n{end}{behind}", encoding="utf-8")
    (PROJECT / "docs/flat.svg").write_text(plot(kept), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or ["bodies", "connections", "mappings"])
