#!/bin/bash
# Sluis beside its peers, on the rig in ../shared/bench: `make bench-peers`. Writes docs/peers.svg and the table in
# docs/SPEED.md between its two marks.
#   ROUNDS=3 PEERS="pingora" benches/peer/peers.sh
# Peers beyond nginx are taken when they are built (the rig's README says how); nginx and wrk are installed when missing.
# The rig works in a copy, since ../shared may be read-only: BENCH_COPY, default target/bench. Not for a busy machine: it
# refuses to start while others use more than a quarter of a core, unless BUSY=1 (then the table says so).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
project="$(cd "$here/../.." && pwd)"
rig="${BENCH:-$project/../shared/bench}" copy="${BENCH_COPY:-$project/target/bench}" rounds="${ROUNDS:-3}"
[ -d "$rig" ] || { echo "skipped: the rig is not there ($rig); it is no part of the project"; exit 0; }

load="$(cut -d' ' -f1 /proc/loadavg)"
if [ "${BUSY:-0}" != 1 ] && awk "BEGIN { exit !($load > 0.25) }"; then
  echo "the machine is busy (load $load): a table made now would mislead. Wait, or set BUSY=1." >&2
  exit 1
fi
missing=()
command -v nginx >/dev/null || missing+=(nginx)
command -v wrk >/dev/null || missing+=(wrk)
command -v h2load >/dev/null || missing+=(nghttp2-client)
if [ "${#missing[@]}" -gt 0 ]; then
  sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
fi

mkdir -p "$copy"
cp -rn "$rig/." "$copy/" 2>/dev/null || true
chmod -R u+w "$copy"
cd "$copy"
[ -e certs/server.pem ] || bash certs/gen.sh >&2
[ -e payload/roster1k.json ] || python3 payload/gen.py >&2
[ -x upstream/target/release/bench-upstream ] || (cd upstream && cargo build --release --quiet)
# Two more rows of Sluis (start.sh says what they leave out): their folders are made here, from the first one's.
for state in memory strangers; do
  rm -rf "peers/sluis-$state"
  cp -r peers/sluis "peers/sluis-$state"
  sed -i "s/^exec /export SLUIS_STATE=$state; exec /" "peers/sluis-$state/start.sh"
done
echo single roster_req roster_resp bulk_json > peers/sluis/caps
echo single roster_req roster_resp bulk_json > peers/sluis-memory/caps
echo pass handshake > peers/sluis-strangers/caps
rm -f peers/sluis-strangers/guards
for peer in peers/sluis*; do
  printf '#!/bin/bash\nexec "$PROJECT/benches/peer/stop.sh" "$@"\n' > "$peer/stop.sh"
  chmod +x "$peer/stop.sh"
done

[ -n "${SLUIS:-}" ] || (cd "$project" && cargo build --release --quiet)
export PROJECT="$project" BENCH_PERF="${BENCH_PERF:-1}" BENCH_OUT="$copy/results/peers.jsonl"
perf stat -e instructions:u true 2>&1 | grep -q 'not supported\|not found' && export BENCH_PERF=0
rm -f "$BENCH_OUT"
mkdir -p results
can() { grep -qw "$2" "peers/$1/caps" && { [ "$1" != pingora ] || [ -x peers/pingora/target/release/bench-pingora ]; }; }
block() { # scenario, nginx's scenario, mode, seconds: nginx first and last, so that a ratio never compares minutes apart
  printf '%s %s\n' "$1" "$3" >&2
  ./run.sh nginx "$2" "$3" "$4" >/dev/null
  for peer in ${PEERS-pingora} sluis sluis-memory sluis-strangers; do
    can "$peer" "$1" && { timeout 180 ./run.sh "$peer" "$1" "$3" "$4" >/dev/null || echo "$peer $1 $3 is invalid" >&2; }
  done
  ./run.sh nginx "$2" "$3" "$4" >/dev/null
}
for ((round = 1; round <= rounds; round++)); do
  printf 'round %s of %s\n' "$round" "$rounds" >&2
  block pass pass sat 3
  block single pass sat 3
  block roster_req roster_pass sat 3
  block roster_resp roster_rpass sat 3
  block bulk_json bulk_pass sat 6
  block handshake handshake sat 3
  block single pass rate 5
  block single pass mix 6
done
python3 "$here/peers.py" "$BENCH_OUT" "$project/docs"
