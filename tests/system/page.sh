#!/usr/bin/env bash
# Opens a report page in a real browser: it must render, without a message on the console, light, dark and narrow.
# Needs Chromium, which it installs with apt where it can. Exit 0 it renders; 1 it does not; 2 it could not run.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
here="$(mktemp -d)"
trap 'rm -rf "$here"' EXIT

not_run() { echo "PAGE TEST DID NOT RUN: $1" >&2; exit 2; }
fail() { echo "page test failed: $1" >&2; exit 1; }

browser="$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)"
if [ -z "$browser" ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || not_run "no Chromium, and it cannot be installed here"
  { apt-get update -qq && apt-get install -y -qq chromium; } >"$here/apt.log" 2>&1 \
    || { tail -5 "$here/apt.log" >&2; not_run "Chromium could not be installed"; }
  browser="$(command -v chromium)"
fi

recording=sample_data/routine-left.csv.gz
"$python" -m footsense report "$recording" --side left --placement foot --routine demo -o "$here/page.html" \
  || fail "no page was made"

browse() { # arguments: what to do; stdout of the browser to stdout, its log to $here/log
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run \
    --user-data-dir="$here/profile" --hide-scrollbars --enable-logging=stderr --v=0 "$@" \
    "file://$here/page.html" 2>"$here/log" || not_run "the browser ended with an error: $(tail -1 "$here/log")"
  ! grep "CONSOLE" "$here/log" || fail "the page wrote to the console"
}

browse --dump-dom >"$here/dom"
grep -q "<title>routine-left.csv.gz · footsense report</title>" "$here/dom" || fail "the title is missing"
[ "$(grep -o '<svg' "$here/dom" | wc -l)" -ge 4 ] || fail "pictures are missing"
for look in "light 1100 1600 1" "dark 1100 1600 0" "narrow 390 1600 1"; do
  read -r name width height scheme <<<"$look"
  browse --screenshot="$here/$name.png" --window-size="$width,$height" --blink-settings=preferredColorScheme="$scheme" >/dev/null
done
"$python" - "$here" <<'PYTHON' || fail "a picture of the page is not what it should be"
import sys
from pathlib import Path

from matplotlib.image import imread

here = Path(sys.argv[1])
pictures = {name: imread(here / f"{name}.png")[..., :3] for name in ("light", "dark", "narrow")}
for name, picture in pictures.items():
    colours = len({tuple(row) for row in (picture[::4, ::4].reshape(-1, 3) * 15).round().astype(int).tolist()})
    assert colours > 20, f"{name}: only {colours} colours, the page is blank"
assert pictures["light"].mean() > 0.7 > 0.3 > pictures["dark"].mean(), "light and dark are not light and dark"
PYTHON
[ -z "${KEEP:-}" ] || cp "$here"/*.png "$here/page.html" "$KEEP/"
echo "page test: renders light, dark and narrow, with nothing on the console"
