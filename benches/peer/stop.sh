#!/bin/bash
# Ends the peer that start.sh began: its session gets SIGTERM and drains; state in memory is taken away.
# The rig calls it with the session's id and kills what is left after five seconds.
set -uo pipefail
pkill -TERM -s "$1"
for _ in $(seq 40); do
  pgrep -s "$1" >/dev/null || break
  sleep 0.1
done
rm -rf /dev/shm/sluis-rig
