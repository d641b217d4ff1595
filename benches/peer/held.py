#!/usr/bin/env python3
"""What messages that stream can make Sluis hold at most: 16 at once, that is all places, of the largest elements that cross.

    BENCH=/path/to/bench [SLUIS=target/release/sluis] python3 benches/peer/held.py [readers] [callers] [senders] [people]

readers: a publisher that stops reading what leaves; callers: callers that stop reading what comes home; senders: callers that
stop in the middle of an element; people: messages of PEOPLE (20,000) pupils each whom neither roster nor vault knows. Prints
resident memory before, at its peak, and while all of them are stuck, and how many were served or refused."""
import collections, json, os, re, socket, ssl, sys, threading, time

import flat  # reads BENCH
import bulk

COUNT = int(os.environ.get("COUNT", 16))
ELEMENT = 8_000_000
PEOPLE = int(os.environ.get("PEOPLE", 20_000))
STUCK = float(os.environ.get("STUCK_S", 20))


def element(number, size=ELEMENT):
    return (b'{"studentId":"s%d","class":"' % (2_000_000 + number)) + b"les " * (size // 4) + b'"}'


def dial():
    raw = socket.create_connection(("127.0.0.1", bulk.PORT), timeout=60)
    # A small window: what is not read waits in Sluis, not in the kernel.
    return flat.CONTEXT.wrap_socket(raw, server_hostname="localhost")


def post(tls, pieces, length):
    tls.sendall(b"POST /v1/roster HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length)
    for piece in pieces:
        tls.sendall(piece)


class Quiet(bulk.ThreadingHTTPServer):
    """Others break off here; that is no news."""

    daemon_threads = True

    def handle_error(self, *_):
        pass


class Stuck(bulk.Stub):
    """A publisher that takes the head of a long body and nothing more; what it gives back is long."""

    stuck = threading.Event()

    def do_POST(self):
        if self.path.endswith("/roster") and self.server.stops:
            Stuck.stuck.wait(60)
            self.close_connection = True
            return
        body = self.body()
        Stuck.last = body if len(body) < 10_000 else Stuck.last
        self.answer(b'{"status":"ok"}')

    def do_GET(self):
        if not self.path.endswith("/roster"):
            return super().do_GET()
        body = b"[" + b",".join([element(0)] * 5) + b"]"
        try:
            self.answer(body.replace(b"s2000000", self.server.known))
        except OSError:
            pass


def case(name, work, stops=False):
    bulk.ThreadingHTTPServer, bulk.Stub, kept = Quiet, Stuck, bulk.Stub
    Stuck.stuck.clear()
    outcomes = collections.Counter()
    with flat.Sluis() as sluis:
        bulk.Stub = kept
        sluis.publisher.stops = False
        bulk.ask("POST", "/v1/roster", b"[" + element(0, 1000) + b"]")
        sluis.publisher.known = json.loads(Stuck.last)[0]["studentId"].encode()
        sluis.publisher.stops = stops
        before, most, over = sluis.resident(), 0, threading.Event()

        def run(number):
            try:
                outcomes[work(number, over)] += 1
            except OSError as error:
                outcomes[type(error).__name__] += 1

        threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(COUNT)]
        for thread in threads:
            thread.start()
        begun, last = time.monotonic(), 0
        while time.monotonic() - begun < STUCK and any(thread.is_alive() for thread in threads):
            last = sluis.resident()
            most = max(most, last)
            time.sleep(0.05)
        over.set()
        Stuck.stuck.set()
        for thread in threads:
            thread.join(60)
        codes = collections.Counter(re.findall(r"SLS-\d+", open(sluis.log.name).read()))
        print(f"{name}: {COUNT} at once: {before:.0f} MiB before, {most:.0f} at the peak, {last:.0f} while stuck; {dict(outcomes)}; {dict(codes)}", flush=True)


def readers(number, over):
    tls = dial()
    body = [b"[", b",".join(element(number * 10 + at) for at in range(5)), b"]"]
    tls.settimeout(STUCK)
    try:
        post(tls, body, sum(map(len, body)))
    except (TimeoutError, ssl.SSLError):
        pass
    over.wait(60)
    return "stuck"


def callers(number, over):
    tls = dial()
    tls.sendall(b"GET /v1/roster HTTP/1.1\r\nHost: localhost\r\n\r\n")
    over.wait(60)
    return tls.recv(16).decode(errors="replace").split(" ")[1]


def senders(number, over):
    tls = dial()
    first = element(number)[:-10]
    post(tls, [b"[" + element(number, 1000) + b",", first], 5 * ELEMENT)
    # A byte now and then, so that it is not cut off for being silent.
    while not over.wait(5):
        tls.sendall(b" ")
    return "stuck"


def people(number, over):
    tls = dial()
    fill = b"les " * (max(9_000_000 // PEOPLE - 120, 0) // 4)
    letters = lambda at: bytes(97 + at // 26**place % 26 for place in range(5))

    def one(at):
        given, family = b"Qz" + letters(at), b"Wv" + letters(at * 7)
        return b'{"studentId":"x%d","givenName":"%s","familyName":"%s","displayName":"%s %s","class":"%s"}' % (at, given, family, given, family, fill)

    body = b"[" + b",".join(one(number * PEOPLE + at) for at in range(PEOPLE)) + b"]"
    tls.settimeout(120)
    post(tls, [body], len(body))
    return tls.recv(16).decode(errors="replace").split(" ")[1]


if __name__ == "__main__":
    for part in sys.argv[1:] or ["readers", "callers", "senders", "people"]:
        case(part, {"readers": readers, "callers": callers, "senders": senders, "people": people}[part], stops=part == "readers")
