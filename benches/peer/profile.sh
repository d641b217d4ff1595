#!/bin/bash
# Counts the instructions of one exchange: a real `sluis serve` under callgrind, the rig's upstream behind it.
#   BENCH=../shared/bench benches/peer/profile.sh single|roster_req|roster_resp COUNT [OUT]
# The rig must be set up (its README: certs, payload, upstream). SLUIS names the binary (a release build has the
# line tables that this needs). Counting is switched on after the warm-up and off before the end, so only exchanges
# on one kept connection are in it. Prints thousands of instructions per exchange, then where they went.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
scenario="$1" count="$2" out="${3:-$(mktemp /tmp/sluis-profile.XXXXXX)}"
BENCH="$(cd "${BENCH:-$here/../../../shared/bench}" && pwd)"
export BENCH
export PORT="${PORT:-18643}" UPSTREAM="127.0.0.1:${UPSTREAM_PORT:-19643}" TOKIO_WORKER_THREADS=1
export CERT="$BENCH/certs/server.pem" KEY="$BENCH/certs/server.key" CA="$BENCH/certs/ca.pem"
RUN="$(mktemp -d)"
export RUN
export SLUIS_UNDER="valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=$out"
"$BENCH/upstream/target/release/bench-upstream" "$UPSTREAM" "$CERT" "$KEY" "$BENCH/payload" > /dev/null 2>&1 &
upstream=$!
"$here/start.sh" > "$RUN/log" 2>&1 &
peer=$!
trap 'kill "$upstream" "$peer" 2>/dev/null || true; rm -rf "$RUN"' EXIT
python3 "$here/profile.py" drive "$scenario" "$count" "$peer"
kill "$peer"
wait "$peer" || true
python3 "$here/profile.py" areas "$out" "$count"
