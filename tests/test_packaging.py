"""The wheel, the sdist and the editable install carry the same data and run.

Builds with the hatchling of this environment and installs without an index, so no network is used.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROBE = """
import json, pathlib, footsense
package = pathlib.Path(footsense.__file__).parent
from footsense.resources import data_folder
from footsense.routine import load_routine
print(json.dumps({
    "where": __import__("footsense").__file__,
    "profiles": sorted(p.name for p in data_folder("firmware_profiles").glob("*.toml")),
    "samples": sorted(p.name for p in data_folder("sample_data").iterdir() if not p.name.startswith(".")),
    "routine": load_routine("ground-up").name,
    "package": sorted(
        f.relative_to(package).as_posix() for f in package.rglob("*")
        if f.is_file() and f.suffix not in (".py", ".pyc") and "_data" not in f.parts
    ),
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}  # it would find this footsense first
    done = subprocess.run(
        [str(c) for c in command], check=False, capture_output=True, text=True, cwd=cwd, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def empty_environment(folder: Path) -> Path:
    """A virtual environment with this one's dependencies and a footsense of its own."""
    venv.create(folder, with_pip=False, symlinks=True)
    site = Path(
        run(
            folder / "bin/python", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=folder
        ).strip()
    )
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin/python"


def install(python: Path, what: Path, *options: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index"]
    run(
        *pip,
        "--no-build-isolation",
        "--ignore-installed",
        "--disable-pip-version-check",
        *options,
        what,
        cwd=python.parent,
    )


def package_data() -> list[Path]:
    """What the package holds besides modules."""
    return [p for p in (ROOT / "footsense").rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="the environment's layout is that of POSIX")
@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable"])
def test_installed_package_finds_its_data(kind: str, distributions: Path, tmp_path: Path) -> None:
    python = empty_environment(tmp_path / "env")
    if kind == "editable":
        install(python, ROOT, "--editable")
    else:
        (found,) = distributions.glob("*.whl" if kind == "wheel" else "*.tar.gz")
        install(python, found)
    seen = json.loads(run(python, "-c", PROBE, cwd=tmp_path))
    assert Path(seen["where"]).is_relative_to(ROOT if kind == "editable" else tmp_path)
    assert seen["profiles"] == sorted(p.name for p in (ROOT / "firmware_profiles").glob("*.toml"))
    assert len(seen["profiles"]) >= 5
    assert seen["samples"] == sorted(
        p.name for p in (ROOT / "sample_data").iterdir() if not p.name.startswith(".")
    )
    assert len(seen["samples"]) >= 10
    assert seen["package"] == sorted(path.relative_to(ROOT / "footsense").as_posix() for path in package_data())
    assert {"confidence.csv", "accuracy/card.html.j2", "routines/ground-up.toml", "py.typed"} <= set(
        seen["package"]
    )
    assert run(python.parent / "footsense", "--version", cwd=tmp_path).startswith("footsense")
