"""libFuzzer on one of the readers, by atheris, for so long: what it does it says itself.

    pip install .[fuzz];  python -m tests.fuzz.guided NAME [--minutes 2]

Its corpus, and what goes wrong, are in `tests/fuzz/found/`.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["footsense"]):
    from tests.fuzz.targets import SLOW_S, TARGETS, attempt

FOUND = Path(__file__).with_name("found")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=2.0)
    given = parser.parse_args()
    target = TARGETS[given.name]
    corpus = FOUND / f"corpus-{target.name}"
    corpus.mkdir(parents=True, exist_ok=True)
    for raw in target.seeds():
        (corpus / hashlib.sha256(raw).hexdigest()[:16]).write_bytes(raw)
    limits = [
        f"-max_total_time={round(60 * given.minutes)}",
        "-timeout=120",  # by the wall, on a machine that may be busy; of the processor see SLOW_S
        "-rss_limit_mb=2048",
        "-max_len=65536",
    ]

    def one(raw: bytes) -> None:
        attempt(target, raw, SLOW_S)

    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={FOUND}/{target.name}-", str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
