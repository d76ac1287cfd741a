"""The README's two commands are the ones that are used."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from footsense.cli import cli

ROOT = Path(__file__).parent.parent
TEST = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[test]' && .venv/bin/pytest"
DEMO = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . && .venv/bin/footsense demo"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_two_commands_come_first() -> None:
    first, second = re.findall(r"```sh\n(.*?)\n```", read("README.md"), re.DOTALL)[:2]
    assert (first, second) == (DEMO, TEST)


def test_the_test_command_is_the_one_that_is_run() -> None:
    assert TEST in read(".ci/run")
    assert TEST in read("CONTRIBUTING.md")


def test_its_other_commands_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    recorded = {f"{side}.mcap": f"{side}.csv.gz" for side in ("left", "right")}
    for side in ("left", "right"):
        shutil.copy(ROOT / "sample_data" / f"ankle-circles-{side}.csv.gz", tmp_path / f"{side}.csv.gz")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```sh\n(.*?)\n```", read("README.md"), re.DOTALL)[2:]
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) >= 4
    for line in commands:
        program, *args = shlex.split(line, comments=True)
        assert program == "footsense"
        done = CliRunner().invoke(cli, [recorded.get(a, a) for a in args])
        assert done.exit_code == (1 if "--routine" in args else 0), (
            line,
            done.output,
        )  # one exercise is no routine


def test_its_python_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)\n```", read("README.md"), re.DOTALL)
    exec(code, {})
    assert "'circles'" in capsys.readouterr().out


def test_what_the_readme_shows_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", read("README.md")):
        assert (ROOT / link).exists(), link


def test_the_accuracy_that_it_points_to_has_been_written() -> None:
    assert len(read("tests/ACCURACY.md")) > 5000


def test_it_says_what_it_is_not() -> None:
    assert "not a medical device" in read("README.md")


def test_constraints_name_only_versions() -> None:
    """No hash and no address: they work with any index."""
    lines = [line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")]
    assert len(lines) > 30
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
