"""A session kept as a completion record, for the tests of such records."""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from footsense.cli import cli
from footsense.completion import (
    Keys,
    Ledger,
    chain_of,
    check_chain,
    entry_in,
)
from footsense.simulate import Scenario, simulate, write

ROUTINE = """
schema = "footsense.routine/1"
name = "mine"
[[item]]
exercise = "ankle-circles"
sides = ["left"]
reps = 2
[[item]]
exercise = "band-flexes"
sides = ["left"]
reps = 2
hold_s = [3, 6]
"""


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


CANARY = "ZZ-Canary"


def call(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, args)))


@dataclass(frozen=True)
class Made:
    """A session of two recordings, its routine, and its record."""

    folder: Path
    home: Path
    record: Path

    @property
    def data(self) -> bytes:
        return self.record.read_bytes()

    def check(self, *more: str | Path) -> tuple[int, dict[str, object]]:
        result = call("verify", self.record, *self.recordings, *more, "--json")
        return result.exit_code, json.loads(result.stdout)

    @property
    def recordings(self) -> list[Path]:
        return sorted(self.folder.glob(f"{CANARY}*.csv"))

    def copied(self, to: Path, monkeypatch: pytest.MonkeyPatch) -> "Made":
        """A copy of it, its home and all, with the home set."""
        shutil.copytree(self.folder, to)
        monkeypatch.setenv("FOOTSENSE_HOME", str(to / "home"))
        return Made(to, to / "home", to / self.record.relative_to(self.folder))


def session_in(folder: Path) -> Made:
    """Makes one, its home too."""
    args: list[str | Path] = ["--side", "left", "--placement", "foot"]
    for exercise in ("ankle-circles", "band-flexes"):
        path = folder / f"{CANARY}-{exercise}.csv"
        write(simulate(Scenario(motion=exercise, side="left", seed=3, reps=2, rate_hz=50.0, hold_s=4.0)), path)
        args += ["--exercise", exercise, path]
    (folder / "mine.toml").write_text(ROUTINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTSENSE_HOME", str(folder / "home"))
        old = os.umask(0)
        result = call(
            "verify", *args, "--routine", folder / "mine.toml", "--record", "--wearer", CANARY, "--json"
        )
        os.umask(old)
    assert result.exit_code == 0, result.output
    return Made(folder, folder / "home", Path(json.loads(result.stdout)["record"]))


def answers(shown: dict[str, object]) -> dict[str, str]:
    checks = shown["checks"]
    assert isinstance(checks, list)
    return {c["what"]: c["answer"] for c in checks}


def more_records(made: Made, count: int) -> list[Path]:
    """Records after the first, of the same wearer."""
    ledger, entry = ledger_of(made), entry_in(made.data)
    return [ledger.append(entry.subject, entry.body, NOW) for _ in range(count)]


def ledger_of(made: Made) -> Ledger:
    return Ledger(made.home / "records", Keys(made.home / "keys"))


def chain_answer(path: Path) -> tuple[str, str]:
    data = path.read_bytes()
    finding = check_chain(data, chain_of(path.parent, entry_in(data).subject))
    return str(finding.answer), finding.text
