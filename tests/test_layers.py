"""The modules import in one direction, and the command line's help stays light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import footsense

PACKAGE = Path(footsense.__file__).parent

# each imports only from those before it (and from its own)
ORDER = [
    "types", "cues", "errors", "text", "private", "tables", "resources", "spread",
    "signal", "devices", "stream", "wearing", "exercises", "engine", "recognise",
    "recording", "analysis", "confidence", "routine", "verify", "coach", "session", "completion", "history",
    "report", "sources", "simulate", "accuracy", "web", "batch", "cli",
]  # fmt: skip
HEAVY = {"numpy", "scipy", "pandas", "matplotlib", "bleak", "bumble", "mcap"}


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{a.name}" for a in node.names)


def violations(file: Path) -> list[str]:
    own = file.relative_to(PACKAGE).with_suffix("").parts[0]
    wrong = []
    for name in imports(file):
        layer = layer_of(name) if name.startswith("footsense.") else ""
        if layer in ORDER and ORDER.index(layer) > ORDER.index(own):
            wrong.append(f"{file.relative_to(PACKAGE)} imports {name}")
    return wrong


def test_every_module_has_its_place_in_the_order() -> None:
    modules = {p.stem if p.is_file() else p.name for p in PACKAGE.iterdir() if p.suffix == ".py" or p.is_dir()}
    assert {m for m in modules if not m.startswith("_")} - {"routines"} <= set(ORDER)


def test_imports_point_one_way() -> None:
    files = [
        f
        for f in PACKAGE.rglob("*.py")
        if f.relative_to(PACKAGE).parts[0] not in {"__init__.py", "__main__.py"}
    ]
    assert len(files) > 15
    assert [v for f in files for v in violations(f)] == []


def test_only_the_virtual_link_and_the_sources_import_bleak() -> None:
    users = {
        f.relative_to(PACKAGE).as_posix()
        for f in PACKAGE.rglob("*.py")
        if any(i.startswith("bleak") for i in imports(f))
    }
    bluetooth = {"ble.py", "broadcast.py", "central.py", "listen.py", "words.py"}
    assert users <= {*(f"sources/{name}" for name in bluetooth), "simulate/virtual_link.py"}


def test_what_counts_reads_no_clock() -> None:
    """So a date that is set, a machine that sleeps and the speed of a replay change nothing (the recorder's own
    thread keeps its seconds)."""
    below = ORDER[: ORDER.index("sources")]
    readers = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if file.relative_to(PACKAGE).with_suffix("").parts[0] in below
        and ("time" in imports(file) or re.search(r"\.(now|utcnow|today)\(", file.read_text(encoding="utf-8")))
    }
    assert readers == {"recording/writer.py"}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_nothing_heavy(argument: str) -> None:
    code = (
        "import sys\nsys.argv = ['footsense', sys.argv[1]]\n"
        "import footsense.cli\n"
        "try:\n    footsense.cli.main()\nexcept SystemExit as e:\n    assert not e.code\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, argument], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    loaded = set(ast.literal_eval(done.stderr))
    assert "click" in loaded
    assert loaded & HEAVY == set()
