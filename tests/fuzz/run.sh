#!/usr/bin/env bash
# `make fuzz`: fuzzing led by coverage (libFuzzer). tests/fuzz/run.sh [SECONDS] [TARGET…]
#
# SECONDS are for all targets together (600 unless said); without names every target has its turn. An input that fails is
# kept in target/fuzz-failed/TARGET; mended, it belongs into tests/fuzz/failed/TARGET, which `make test` runs.
# SLUIS_SEED=n sets libFuzzer's seed. What was found stays in target/fuzz/found/TARGET for the next run.
#
# The stable compiler instruments: these are the flags that cargo-fuzz passes. Needs a C++ compiler, for libFuzzer itself.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds="${1:-600}"
shift || true
host="$(rustc -vV | sed -n 's/^host: //p')"
seed="${SLUIS_SEED:-$RANDOM}"

command -v c++ >/dev/null || { echo "fuzz: a C++ compiler is missing (Debian: apt-get install g++)" >&2; exit 1; }

# The versions that Sluis itself is built with.
cp Cargo.lock tests/fuzz/Cargo.lock
coverage=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  --cfg fuzzing
)
# With --target the flags do not reach build scripts and macros, which libFuzzer is not linked to.
RUSTFLAGS="${coverage[*]}" cargo build --quiet --manifest-path tests/fuzz/Cargo.toml --target-dir target/fuzz --target "$host"

targets=("$@")
if [ "${#targets[@]}" = 0 ]; then
  mapfile -t targets < <(cd tests/fuzz/seeds && printf '%s\n' *)
fi
each=$((seconds / ${#targets[@]}))
echo "fuzz: ${#targets[@]} targets, $((each > 0 ? each : 1)) s each, seed $seed: repeat with SLUIS_SEED=$seed"

failed=()
for target in "${targets[@]}"; do
  mkdir -p "target/fuzz/found/$target" "target/fuzz-failed/$target" "tests/fuzz/failed/$target"
  if ! "target/fuzz/$host/debug/$target" -seed="$seed" -max_total_time="$((each > 0 ? each : 1))" \
    -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 -verbosity=0 -dict=tests/fuzz/words.dict \
    -artifact_prefix="target/fuzz-failed/$target/" \
    "target/fuzz/found/$target" "tests/fuzz/seeds/$target" "tests/fuzz/failed/$target" \
    >"target/fuzz/$target.log" 2>&1; then
    failed+=("$target")
    tail -n 40 "target/fuzz/$target.log"
  fi
  runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "target/fuzz/$target.log")"
  peak="$(sed -n 's/^stat::peak_rss_mb: *//p' "target/fuzz/$target.log")"
  printf '%-14s %10s inputs, %5s MiB at most\n' "$target" "${runs:-?}" "${peak:-?}"
done
rmdir --ignore-fail-on-non-empty tests/fuzz/failed/* tests/fuzz/failed 2>/dev/null || true
if [ "${#failed[@]}" -gt 0 ]; then
  echo "fuzz: failed: ${failed[*]}; the inputs are in target/fuzz-failed/"
  exit 1
fi
