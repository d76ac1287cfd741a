#!/usr/bin/env bash
# bleak's own BlueZ backend against a scripted org.bluez (tests/rigs/bluez.py) on a private D-Bus: what `footsense
# doctor` and `scan` make of each state of it, then the end-to-end suite, to which further arguments go. No Bluetooth
# and no bus of the system is touched.
# Needs dbus-daemon, which it installs with apt where it can. Exit 0 all as it should be; 1 not; 2 it could not run.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
here="$(mktemp -d)"
bus="" service=""
ended() { [ -z "$1" ] || { kill "$1" && wait "$1"; } 2>/dev/null || true; }
trap 'ended "$service"; ended "$bus"; rm -rf "$here"' EXIT

not_run() { echo "BLUEZ TEST DID NOT RUN: $1" >&2; exit 2; }
fail() { echo "bluez test failed: $1" >&2; exit 1; }

[ "$(uname)" = Linux ] || not_run "BlueZ is of Linux"
if ! command -v dbus-daemon >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || not_run "no dbus-daemon, and it cannot be installed here"
  { apt-get update -qq && apt-get install -y -qq dbus; } >"$here/apt.log" 2>&1 \
    || { tail -5 "$here/apt.log" >&2; not_run "dbus could not be installed"; }
fi

start_bus() { # name, further policy
  cat >"$here/$1.conf" <<CONF
<busconfig>
  <type>system</type><listen>unix:path=$here/$1</listen><auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
    <allow send_type="method_call"/>$2
  </policy>
</busconfig>
CONF
  ended "$service"; service=""
  ended "$bus"
  dbus-daemon --config-file="$here/$1.conf" --nofork --nopidfile --print-address \
    >"$here/$1.address" 2>>"$here/bus.log" & bus=$!
  for _ in $(seq 100); do [ -s "$here/$1.address" ] && break; sleep 0.1; done
  [ -s "$here/$1.address" ] || { cat "$here/bus.log" >&2; not_run "dbus-daemon does not start"; }
  export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$here/$1"
}

start_service() { # kind
  ended "$service"
  rm -f "$here/service" # or the word of the one before is taken for this one's
  "$python" -m tests.rigs.bluez "$1" >"$here/service" 2>>"$here/service.log" & service=$!
  for _ in $(seq 600); do grep -qs ready "$here/service" && return; sleep 0.1; done
  cat "$here/service.log" >&2
  not_run "the scripted service does not start"
}

meets() { # what: expected trouble, or null
  said="$("$python" -m footsense.sources.attempt 2)"
  [[ "$said" == *"\"trouble\": $1,"* ]] || fail "$2: expected $1, got $said"
  echo "  $2: $1"
}

export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$here/nothing" FOOTSENSE_HOME="$here/home"
meets '"no-bus"' "no bus"
start_bus plain ""
meets '"no-service"' "a bus without BlueZ"
for state in 'no-adapter "no-adapter"' 'off "powered-off"' 'classic "no-low-energy"' 'old "old-service"' 'busy "busy"' \
  'not-ready "powered-off"' 'silent "no-answer"' 'well null'; do
  read -r kind expected <<<"$state"
  start_service "$kind"
  meets "$expected" "BlueZ, $kind"
done

"$python" -m footsense doctor >"$here/doctor" || fail "doctor finds fault where listening works: $(cat "$here/doctor")"
"$python" -m footsense scan --seconds 1 --json >"$here/scan" || fail "no scan"
"$python" - "$here/scan" <<'PYTHON' || fail "the scan is not what was scripted: $(cat "$here/scan")"
import json
import sys
from pathlib import Path

(device,) = json.loads(Path(sys.argv[1]).read_text(encoding="ascii"))["devices"]
assert device["name"] == "toy\x1b[2J", device
assert (device["rssi_dbm"], device["battery_percent"], device["profile"]) == (-61, 42.0, None), device
PYTHON
"$python" -m footsense scan --seconds 1 >"$here/listed"
! grep -q $'\x1b' "$here/listed" || fail "a name from the air reached the terminal"

start_bus strict '<deny send_destination="org.bluez"/>'
start_service well
meets '"denied"' "a policy that refuses"
code=0
"$python" -m footsense doctor >"$here/doctor" || code=$?
[ "$code" = 1 ] && grep -q "^WRONG" "$here/doctor" || fail "doctor is content although the bus refuses"
echo "bluez test: doctor and scan are right about each"

start_bus suite ""
timeout -k 10 600 "$python" -m pytest -n 0 tests/test_end_to_end.py --rig bluez -o cache_dir="$here/cache" \
  --basetemp="$here/pytest" "$@" \
  || fail "the end-to-end suite ended with $?"
echo "bluez test: the suite passes"
