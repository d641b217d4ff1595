"""The two halves of profile.sh: sends exchanges with counting on, and says where the instructions went."""
import http.client
import os
import re
import ssl
import subprocess
import sys
import time

# First match wins; a function's own instructions go to the first area whose pattern its name, file or object fits.
AREAS = [
    ("guard", r"gateway::guard"),
    ("find, rules", r"sluis::profile"),
    ("JSON, splice, target", r"sluis::rewrite"),
    ("vault", r"sluis::(vault|derive)"),
    ("journal, committer", r"sluis::(journal|disk)"),
    ("roster, gateway", r"sluis::(gateway|roster|identity|secret)"),
    ("framing, server", r"sluis::server"),
    ("upstream", r"sluis::upstream"),
    ("log, metrics", r"sluis::(telemetry|cli|clock)|tracing|prometheus|serde_json"),
    ("SHA-256, HMAC", r"sha2|hmac|sluis::crypto|digest::"),
    ("AES-GCM and TLS (aws-lc, rustls)", r"aws_lc|aes_|gcm|AES|GCM|rustls|CRYPTO|EVP|ghash"),
    ("hyper, h1/h2, http", r"hyper|httparse|\bh2::|http::|http_body"),
    ("tokio, tower, mio", r"tokio|tower|mio::|futures|parking_lot|hashbrown.*tokio"),
    ("SipHash", r"siphash|sip::|DefaultHasher|RandomState|hash_one"),
    ("allocation", r"malloc|free|realloc|calloc|_int_|tcache|alloc::"),
    ("memcpy, memset, memcmp", r"mem(cpy|move|set|cmp|chr)|bcmp|strlen"),
    ("format", r"core::fmt|alloc::fmt|core::str|alloc::string"),
    ("libc, syscalls", r"libc|pthread|syscall|read|write|recv|send|epoll|futex|clock"),
]


def drive(scenario, count, peer):
    bench, port = os.environ["BENCH"], int(os.environ["PORT"])
    trust = ssl.create_default_context(cafile=f"{bench}/certs/ca.pem")
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=trust)

    def ask(turn):
        kind = {"Content-Type": "application/json"}
        if scenario == "single":
            with open(f"{bench}/payload/single/{turn % 100:03d}.json", "rb") as file:
                connection.request("POST", "/v1/results", file.read(), kind)
        elif scenario == "roster_req":
            with open(f"{bench}/payload/roster1k.json", "rb") as file:
                connection.request("POST", "/v1/roster", file.read(), kind)
        else:
            connection.request("GET", "/v1/roster")
        reply = connection.getresponse()
        body = reply.read()
        if reply.status >= 300:
            sys.exit(f"the peer answered {reply.status}: {body[:300]}")

    for _ in range(600):
        try:
            connection.request("GET", "/raw/ping")
            connection.getresponse().read()
            break
        except (OSError, http.client.HTTPException):
            connection.close()
            time.sleep(0.2)
    else:
        sys.exit("the peer did not come up")
    if scenario == "roster_resp":
        # The upstream answers with the roster that it received: only then are the pseudonyms Sluis's own.
        host, upstream_port = os.environ["UPSTREAM"].split(":")
        upstream = http.client.HTTPSConnection(host, int(upstream_port), context=ssl._create_unverified_context())
        for path in ("/__capture/on", "/__echo/on"):
            upstream.request("GET", path)
            upstream.getresponse().read()
        with open(f"{bench}/payload/roster1k.json", "rb") as file:
            connection.request("POST", "/v1/roster", file.read(), {"Content-Type": "application/json"})
        connection.getresponse().read()
    for turn in range(100 if scenario == "single" else 5):
        ask(turn)
    control = lambda on: subprocess.run(["callgrind_control", "-i", on, peer], stdout=subprocess.DEVNULL, check=True)
    control("on")
    for turn in range(count):
        ask(turn)
    control("off")


def own_costs(path):
    """Own instructions by function, from a callgrind file."""
    names, costs, now, skip = {}, {}, None, False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            called = re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line)
            if called:
                if called.group(3):
                    names[called.group(2)] = called.group(3).strip()
                if called.group(1) == "fn":
                    now = called.group(2)
            elif line.startswith("calls="):
                skip = True
            elif re.match(r"[+\-*\d]", line):
                if not skip and now:
                    costs[now] = costs.get(now, 0) + int(line.split()[-1])
                skip = False
    return {names[key]: cost for key, cost in costs.items()}


def areas(path, count):
    costs = own_costs(path)
    total, sums = sum(costs.values()), {}
    for name, cost in costs.items():
        area = next((area for area, pattern in AREAS if re.search(pattern, name)), "other")
        sums.setdefault(area, []).append((cost, name))
    print(f"{total / count / 1000:.1f} thousand instructions per exchange")
    order = sorted(sums.items(), key=lambda item: -sum(cost for cost, _ in item[1]))
    for area, parts in order:
        whole = sum(cost for cost, _ in parts)
        print(f"{whole / count / 1000:10.1f}  {100 * whole / total:5.1f} %  {area}")
        for cost, name in sorted(parts, reverse=True)[:int(os.environ.get("TOP", "0"))]:
            print(f"{'':24}{cost / count / 1000:8.2f}  {name[:150]}")


if __name__ == "__main__":
    if sys.argv[1] == "drive":
        drive(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        areas(sys.argv[2], int(sys.argv[3]))
