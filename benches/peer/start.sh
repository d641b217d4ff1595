#!/bin/bash
# Sluis as a peer of the rig (shared/bench): in the foreground, TLS on 127.0.0.1:$PORT with $CERT and $KEY, upstream
# https://$UPSTREAM (CA $CA), state under $RUN/sluis, roster loaded before it listens. The rig pins it to one core, so it
# has one worker thread. Guard and journal are on, as a school runs it.
# SLUIS names the binary; otherwise the checkout's release build is used (cargo build --release).
# SLUIS_STATE=memory is the row that shows what promises cost: vault and journal on a memory file system, so that a sync is
# free, and no needle filters. The guard stays: there is no setting without it.
# SLUIS_STATE=strangers is the same with a roster of one pupil whom the rig does not send, so that records cross whole.
# SLUIS_LIMITS is a table of settings more (flat.py).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
sluis="${SLUIS:-$here/../../target/release/sluis}"
state="$RUN/sluis"
needle=true
raw="$here/raw.toml"
roster="$BENCH/payload/roster.csv"
if [ "${SLUIS_STATE:-disk}" != disk ]; then
  state="/dev/shm/sluis-rig"
  needle=false
fi
operations=$((PORT + 1))

rm -rf "$state"
mkdir -p "$state"
if [ "${SLUIS_STATE:-disk}" = strangers ]; then
  raw="$here/kept.toml"
  roster="$state/strangers.csv"
  printf 'pupil-number,given-name,family-name\nx1,Canarie,Vogelzangeres\n' > "$roster"
fi
cat > "$state/answers.toml" <<TOML
school_id   = "99XX"
school_name = "School of the rig"
hosts       = ["localhost"]
address     = "127.0.0.1:$PORT"

[publisher]
id       = "rig"
name     = "Publisher of the rig"
epoch    = "2026-2027"
upstream = "https://publisher.example/"
profile  = "oneroster-1.2"
TOML
# 3: made, with warnings (no agreement is on record here).
"$sluis" init --in "$state/school" --answers "$state/answers.toml" --no-input >&2 || [ $? = 3 ]
cat > "$state/school/sluis.toml" <<TOML
roster = "state/roster"

[school]
id   = "99XX"
name = "School of the rig"

[listen]
address     = "127.0.0.1:$PORT"
certificate = "$CERT"
private_key = "$KEY"

[operations]
address = "127.0.0.1:$operations"

[vault]
path   = "state/vault"
unlock = { key_file = "secrets/unseal.key" }

[journal]
path = "state/journal"

[[publisher]]
id    = "rig"
name  = "Publisher of the rig"
epoch = "2026-2027"
shape = "uuid"

  [[publisher.route]]
  mount    = "/v1/"
  upstream = "https://$UPSTREAM/v1/"
  asks     = "school"
  profile  = "$here/rig.toml"
  ca       = "$CA"
  caller   = { this_machine = true }
  allow_private = true
  needle   = $needle

  [[publisher.route]]
  mount    = "/raw/"
  upstream = "https://$UPSTREAM/raw/"
  asks     = "school"
  profile  = "$raw"
  ca       = "$CA"
  caller   = { this_machine = true }
  allow_private = true
  needle   = $needle

${SLUIS_LIMITS:-}
TOML
cd "$state/school"
"$sluis" roster import "$roster" >&2
# SLUIS_UNDER: what it runs under, such as valgrind and its options (profile.sh).
read -r -a under <<< "${SLUIS_UNDER:-}"
# Valgrind does not follow the process when it begins anew (src/cli/serve/arenas.rs).
[ "${#under[@]}" = 0 ] || export MALLOC_ARENA_MAX=2
exec "${under[@]}" "$sluis" serve
