#!/usr/bin/env bash
# What the tests need besides Rust, installed when it is missing: Python with one Ed25519 package for the second
# verifier of the journal, sslyze for the attack suite, curl for the commands in the transcripts, and valgrind to count instructions.
# Debian's packages and PyPI only.
set -euo pipefail

say() { printf 'tools: %s\n' "$1"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

packages=()
command -v python3 >/dev/null || packages+=(python3 python3-pip)
command -v curl >/dev/null || packages+=(curl)
command -v valgrind >/dev/null || packages+=(valgrind)
command -v cc >/dev/null || packages+=(gcc libc6-dev)
if [ "${#packages[@]}" -gt 0 ]; then
  say "installing ${packages[*]}"
  as_root apt-get update -q
  as_root apt-get install -q -y --no-install-recommends "${packages[@]}"
fi

if ! python3 -c 'import cryptography' 2>/dev/null; then
  say "installing the Python package cryptography"
  python3 -m pip install --quiet --disable-pip-version-check cryptography 2>/dev/null ||
    python3 -m pip install --quiet --disable-pip-version-check --break-system-packages cryptography
fi

# Only `make attack` runs it; its test says that it is skipped where it is missing.
if [ "${1:-}" = attack ] && ! command -v testssl >/dev/null; then
  say "installing testssl.sh"
  as_root apt-get update -q
  as_root apt-get install -q -y --no-install-recommends testssl.sh || say "testssl.sh cannot be installed here"
fi

# Its test says that it is skipped where this is missing.
if ! python3 -c 'import sslyze' 2>/dev/null; then
  say "installing the Python package sslyze"
  python3 -m pip install --quiet --disable-pip-version-check sslyze 2>/dev/null ||
    python3 -m pip install --quiet --disable-pip-version-check --break-system-packages sslyze ||
    say "sslyze cannot be installed here"
fi
