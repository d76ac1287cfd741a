#!/usr/bin/env bash
# Kills, damages and starves recordings, in full numbers (the suite does a few of each): about two minutes. As root the
# disk that is full is a real one. Exit 0 all is as it must be; 1 it is not, and says what.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "${PYTHON:-python3}" -m tests.recording --check
