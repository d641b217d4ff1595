#!/usr/bin/env bash
# `make test`: runs everything, shows each test's line and every failure, and at the end what was skipped and why.
# The whole output, that of tests that passed included, is kept in target/test-output.log.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p target
log=target/test-output.log

cargo test --no-fail-fast -- --show-output >"$log" 2>&1
status=$?
# Instructions of each piece, against benches/instructions.toml.
tests/ratchet.py >>"$log" 2>&1 || status=1

grep -E '^(test |test result|running |error|ratchet|warning: unused)|panicked at|^     Running|^   Doc-tests' "$log"
if [ "$status" -ne 0 ]; then
  printf '\nfailures, as they were said:\n'
  grep -nE -A12 'panicked at|^error' "$log" | head -n 400
fi
printf '\nskipped, and why:\n'
grep -hE '^skipped' "$log" | sort -u || printf 'nothing\n'
exit "$status"
