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
import json, pathlib
from footsense.resources import data_folder
from footsense.routine import load_routine
print(json.dumps({
    "where": __import__("footsense").__file__,
    "profiles": sorted(p.name for p in data_folder("firmware_profiles").glob("*.toml")),
    "samples": sorted(p.name for p in data_folder("sample_data").iterdir() if not p.name.startswith(".")),
    "routine": load_routine("ground-up").name,
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
    assert run(python.parent / "footsense", "--version", cwd=tmp_path).startswith("footsense")
