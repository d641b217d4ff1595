#!/usr/bin/env bash
# `make bench-flat`: makes what flat.py needs (a release build, the rig's payload and certificates, in a copy as peers.sh
# makes it), and runs it. Arguments and environment are flat.py's.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
project="$(cd "$here/../.." && pwd)"
for rig in "${BENCH:-}" "$project/../shared/bench" "$project/../../shared/bench" ""; do [ -n "$rig" ] && [ -d "$rig" ] && break; done
[ -n "$rig" ] || { echo "skipped: the rig is not there (../shared/bench); it is no part of the project"; exit 0; }
copy="${BENCH_COPY:-$project/target/bench}"
mkdir -p "$copy"
cp -rn "$rig/." "$copy/" 2>/dev/null || true
chmod -R u+w "$copy"
[ -e "$copy/certs/server.pem" ] || (cd "$copy" && bash certs/gen.sh >&2)
[ -e "$copy/payload/roster1k.json" ] || (cd "$copy" && python3 payload/gen.py >&2)
[ -n "${SLUIS:-}" ] || (cd "$project" && cargo build --release --quiet)
BENCH="$copy" exec python3 "$here/flat.py" "$@"
