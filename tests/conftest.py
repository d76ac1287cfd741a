"""Fixtures that all tests share."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.rigs import KINDS
from tests.walking import recording

# the same examples each time, so that what fails fails for a reason; HYPOTHESIS_PROFILE=search looks for others
settings.register_profile("same", derandomize=True)
settings.register_profile("search", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors (`-n auto`): many tests wait, for a link or for another process."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rig", choices=KINDS, default=KINDS[0], help="what tests/test_end_to_end.py runs on")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference recordings (`data/`) and packets (`vectors/`), not part of the project."""
    folder = os.environ.get("FOOTSENSE_DATA")
    if not folder:
        pytest.skip("not run: FOOTSENSE_DATA is not set, so there are no reference recordings")
    return Path(folder)


@pytest.fixture(scope="session")
def walks(reference: Path) -> dict[str, tuple]:
    """The 24 walks of ipol_gait with their true landings."""
    folder = reference / "data" / "ipol_gait"
    files = json.loads((folder / "meta.json").read_text())["files"]
    return {
        name: (recording(folder, name), [end for _, end in f["truth"]["step_intervals_s"]])
        for name, f in files.items()
    }


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the keys, records and settings of whoever runs it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FOOTSENSE_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed does not depend on how wide the window of whoever runs it is."""
    monkeypatch.delenv("COLUMNS", raising=False)
