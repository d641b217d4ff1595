#!/usr/bin/env python3
"""Bodies above the buffer through a running Sluis, as start.sh starts it: time, peak memory above idle, and the worst wait of
small requests beside them. Both directions, 10 MB and 100 MB, over TLS on loopback, by one process of this script.

    BENCH=/path/to/bench SLUIS=target/release/sluis [PUPILS=1000] python3 benches/peer/bulk.py [megabytes ...]

BENCH is the rig (payload/, certs/). Peak memory is VmHWM, set back before each case (/proc/PID/clear_refs)."""
import http.client, json, os, pathlib, ssl, subprocess, sys, tempfile, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).resolve().parent
BENCH = pathlib.Path(os.environ["BENCH"])
PORT, UPSTREAM = int(os.environ.get("BENCH_PORT", 28443)), int(os.environ.get("BENCH_UPSTREAM_PORT", 29443))
CA, CERT, KEY = (str(BENCH / "certs" / name) for name in ("ca.pem", "server.pem", "server.key"))
PIECE = 64 * 1024


class Stub(BaseHTTPRequestHandler):
    """The publisher: keeps the last body it was sent, and gives it back when asked."""

    protocol_version = "HTTP/1.1"
    last = b""
    # Head and body are written one after the other: neither waits for an acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while length := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(length))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for at in range(0, len(body), PIECE):
            self.wfile.write(body[at : at + PIECE])

    def do_POST(self):
        body = self.body()
        if self.path.endswith("/roster"):
            Stub.last = body
        self.answer(b'{"status":"ok"}' if self.path.endswith("/results") else b'{"status":"ok","bytes":%d}' % len(body))

    def do_GET(self):
        self.answer(Stub.last if self.path.endswith("/roster") else b'{"status":"ok","bytes":0}')


def ask(method, path, body=None):
    context = ssl.create_default_context(cafile=CA)
    connection = http.client.HTTPSConnection("127.0.0.1", PORT, context=context, timeout=600)
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    status, got = reply.status, reply.read()
    connection.close()
    if status != 200:
        raise SystemExit(f"{method} {path}: {status} {got[:400]!r}")
    return got


def peak(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


def cpu(pid):
    words = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def small(stop, waits):
    body = (BENCH / "payload" / "single" / "000.json").read_bytes()
    context = ssl.create_default_context(cafile=CA)
    connection = http.client.HTTPSConnection("127.0.0.1", PORT, context=context, timeout=60)
    while not stop.is_set():
        begun = time.monotonic()
        connection.request("POST", "/v1/results", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 200, reply.status
        waits.append(time.monotonic() - begun)
        time.sleep(0.02)


def case(pid, name, megabytes, work):
    time.sleep(0.5)
    open(f"/proc/{pid}/clear_refs", "w").write("5")
    idle, spent, begun = peak(pid), cpu(pid), time.monotonic()
    stop, waits = threading.Event(), []
    beside = threading.Thread(target=small, args=(stop, waits))
    beside.start()
    work()
    took = time.monotonic() - begun
    stop.set()
    beside.join()
    print(f"| {name} | {took:.1f} s | {(cpu(pid) - spent) / megabytes * 1000:.0f} ms CPU a MB | {idle:.0f} MB | "
          f"+{peak(pid) - idle:.1f} MB | {len(waits)}, worst {max(waits) * 1000:.0f} ms |", flush=True)


def together(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(sizes):
    server = ThreadingHTTPServer(("127.0.0.1", UPSTREAM), Stub)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    run = tempfile.mkdtemp(prefix="sluis-bulk-")
    environment = dict(os.environ, PORT=str(PORT), UPSTREAM=f"127.0.0.1:{UPSTREAM}", RUN=run, BENCH=str(BENCH), CA=CA, CERT=CERT, KEY=KEY)
    sluis = subprocess.Popen([HERE / "start.sh"], env=environment, stdout=subprocess.DEVNULL, stderr=open(f"{run}/log", "w"))
    try:
        for _ in range(600):
            try:
                ask("GET", "/raw/ping")
                break
            except (OSError, SystemExit):
                time.sleep(0.2)
        pupils = json.loads((BENCH / "payload" / "roster10m.json").read_bytes())
        # So many different ones, repeated: what a message watches for grows with them.
        different = int(os.environ.get("PUPILS", len(pupils)))
        pupils = [dict(pupils[at % different]) for at in range(len(pupils))]
        for one in pupils:
            # Of 29,711 random UUIDs one in a thousand looks like an account number to the guard: one for all.
            one["ref"] = pupils[0]["ref"]
        ten = json.dumps(pupils, separators=(",", ":"), ensure_ascii=False).encode()
        print("| case | took | cost | idle before | peak above idle | small requests beside |\n|---|---|---|---|---|---|")
        for megabytes in sizes:
            times = max(1, megabytes // 10)
            body = b"[" + b",".join([ten.strip()[1:-1]] * times) + b"]"
            case(sluis.pid, f"{megabytes} MB leave", megabytes, lambda: ask("POST", "/v1/roster", body))
            got = json.loads(Stub.last)
            assert len(got) == len(pupils) * times and not any("givenName" in one for one in got)
            assert len({one["studentId"] for one in got}) == len({one["studentId"] for one in pupils})
            size, home = len(Stub.last) / 1e6, []
            case(sluis.pid, f"{size:.0f} MB come home", size, lambda: home.append(ask("GET", "/v1/roster")))
            names = ("givenName", "familyName", "displayName")
            wanted = [{key: value for key, value in one.items() if key not in names} for one in pupils] * times
            assert json.loads(home[0]) == wanted
        case(sluis.pid, "2 x 10 MB leave at once", 20, lambda: together(2, lambda: ask("POST", "/v1/roster", ten)))
    finally:
        sluis.terminate()
        sluis.wait()
        print(f"log: {run}/log")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10, 100])
