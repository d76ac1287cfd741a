"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference recordings (`data/`) and packets (`vectors/`), not part of the project."""
    folder = os.environ.get("FOOTSENSE_DATA")
    if not folder:
        pytest.skip("not run: FOOTSENSE_DATA is not set, so there are no reference recordings")
    return Path(folder)
