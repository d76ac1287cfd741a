"""Files and folders are their owner's alone, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from footsense.private import create_private, new_private, private_folder, write_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="not run: file modes are of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True, params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_every_new_folder_is_private_and_old_ones_stay(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    was = mode(old)
    private_folder(old / "a" / "b" / "c")
    assert [mode(old / p) for p in ("a", "a/b", "a/b/c")] == [0o700] * 3
    assert mode(old) == was


def test_files_are_private(tmp_path: Path) -> None:
    write_private(tmp_path / "a", b"a")
    create_private(tmp_path / "b", b"b")
    os.close(new_private(tmp_path / "c"))
    assert [mode(tmp_path / name) for name in "abc"] == [0o600] * 3
    for make in (new_private, lambda path: create_private(path, b"")):
        with pytest.raises(FileExistsError):
            make(tmp_path / "b")


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(NotADirectoryError):
        private_folder(tmp_path / "a" / "b")
