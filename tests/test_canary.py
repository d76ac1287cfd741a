"""A whole session with names that nobody else is to read, and that would do harm if printed as they are.

The sensor's name comes from the air, the wearer's from the command line, the folder from both. On a terminal a
name is shown escaped. `scan --remember` keeps the sensor's in `sensor.json`, which is its owner's alone; what
the wearer writes into a routine or says of a correction is in the record. Nowhere else is any of them.
"""

import asyncio
import logging
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from shown import is_safe

from footsense import analysis
from footsense.cli import main
from footsense.cli import scan as scan_command
from footsense.cli.progress import Progress
from footsense.cli.record import Wish
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.devices import load_profile
from footsense.errors import FootsenseError
from footsense.simulate import Scenario, rig, simulate
from footsense.simulate.firmware import ProfileFirmware
from footsense.simulate.rig import virtual_rig
from footsense.sources.central import Central, Patience
from footsense.sources.remembered import remembered

CANARY = "ZZ-CANARY"
AIR = f"{CANARY}\x1b[2J\n\u202e<b>\x9b"  # as long as an advertisement allows
WEARER = f"{CANARY} Anna\x1b]0;x\x07\u200b<img src=x onerror=alert(1)>"
WHY = "ZZ-REASON\x1b[31m\u202e\n<script>"
QUICK = Patience(settle_s=0.05, attempts=1, reconnect_s=0.5)
GENERIC = load_profile("generic")
WALK = simulate(Scenario(motion="ankle-circles", side="left", placement="foot", seed=3, reps=3, sets=1))
ROUTINE = f'schema = "footsense.routine/1"\nname = "{CANARY} \\u001b[2J <b>"\n'
ITEM = '[[item]]\nexercise = "ankle-circles"\nsides = ["left"]\nreps = 2\ndirections = ["cw"]\n'


class Named(ProfileFirmware):
    """A sensor that calls itself so."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.table = replace(self.table, name=AIR)


class Session:
    """What a person does in one evening; `told` is all that the terminal showed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, ""
        self.codes: dict[str, int] = {}

    def call(self, *args: str, code: int) -> str:
        """A command, as `main` would run it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["footsense", *args])
            done = CliRunner().invoke(_main)
        assert done.exit_code == code, (args, done.output)
        self.told += done.output
        return done.output

    async def over_the_air(self) -> None:
        """Looks for the sensor, remembers it, records it, and has it fail."""
        async with virtual_rig(GENERIC, WALK, None) as there:
            kw = {"scan_kw": there.radio.scan_kw, "client_kw": there.radio.client_kw, "patience": QUICK}
            here, out = Central([GENERIC], **kw), _Out()  # type: ignore[arg-type]
            found = await scan_command.scan(here, 0.3, Progress(""), battery=True)
            assert [f.name for f in found] == [AIR]
            self.told += scan_command.as_text_of_json(found, None, 1) + "\n"
            scan_command.choose(found, AIR)
            self.told += "\n".join(scan_command.listed(found, remembered(), 1)) + "\n"
            wish = Wish(self.folder / "a.mcap", side="left", placement="foot", duration_s=8)
            outcome, _ = await record(here, wish, Screen(out))
            assert outcome.path.exists()
            self.told += out.text
            for known, name in (((GENERIC,), f"{AIR}?"), ((), AIR)):
                here.profiles = known
                with pytest.raises(FootsenseError) as error:
                    await here.find(name, 0.2)
                self.told += f"{error.value}\n"

    def at_the_desk(self) -> None:
        """Every command on what was recorded, and those that fail."""
        recorded, broken = str(self.folder / "a.mcap"), self.folder / "broken.mcap"
        routine = self.folder / "mine.toml"
        routine.write_text(ROUTINE + ITEM)
        whole = (self.folder / "a.mcap").read_bytes()
        broken.write_bytes(whole[: len(whole) // 2] + bytes(300) + whole[len(whole) // 2 + 300 :])
        self.call("analyze", recorded, code=0)
        self.call("analyze", recorded, str(self.folder / "none.mcap"), code=1)
        self.call("analyze", str(self.folder), "--json", code=1)
        self.call("repair", str(broken), code=0)
        self.call("report", recorded, "--routine", str(routine), "-o", str(self.folder / "page.html"), code=1)
        self.call("replay", recorded, code=0)
        said = self.call("verify", recorded, "--routine", str(routine), "--record", "--wearer", WEARER, code=1)
        assert "Kept" in said
        (entry,) = self.folder.rglob("*.record.json")
        item = ("--exercise", "ankle-circles", "--side", "left", "--counted", "cw")
        self.call("correct", str(entry), *item, "--by", "1", "--why", WHY, code=0)
        self.call("verify", str(entry), recorded, code=1)
        self.call("verify", recorded, "--routine", WEARER, code=2)
        self.call("verify", recorded, "--exercise", AIR, "--routine", str(routine), code=2)
        self.call("profiles", "show", AIR, code=2)
        self.call(AIR, code=2)


class _Out:
    """A terminal's output, as `Screen` wants it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing waits."""


@click.command(context_settings={"ignore_unknown_options": True})
def _main() -> None:
    main()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("a") / CANARY
    folder.mkdir()
    evening = Session(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTSENSE_HOME", str(folder / "home"))
        patch.setattr(rig, "ProfileFirmware", Named)
        asyncio.run(evening.over_the_air())
        evening.at_the_desk()
    return evening


def files(session: Session) -> dict[str, bytes]:
    return {
        str(p.relative_to(session.folder)): p.read_bytes() for p in session.folder.rglob("*") if p.is_file()
    }


def test_the_names_are_in_no_file_but_where_they_are_meant_to_be(session: Session) -> None:
    left = files(session)
    assert {Path(name).suffix for name in left} >= {".mcap", ".html", ".json"}
    with_name = {name for name, data in left.items() if CANARY.encode() in data or b"Anna" in data}
    # the sensor that was chosen; the routine, which the wearer wrote, with the record that says what was asked
    # and the page that shows it
    asked = {name for name in left if name.endswith("000001.record.json")}
    assert with_name == {str(Path("home") / "sensor.json"), "mine.toml", "page.html"} | asked
    assert not any(
        b"Anna" in data or AIR[:12].encode() in data
        for name, data in left.items()
        if name != str(Path("home") / "sensor.json")
    )
    with_reason = {name for name, data in left.items() if b"ZZ-REASON" in data}
    assert {Path(name).name for name in with_reason} == {"000002.record.json"}


def test_the_names_are_in_no_name_of_a_file(session: Session) -> None:
    made = [str(p.relative_to(session.folder)) for p in session.folder.rglob("*")]
    assert not [name for name in made if CANARY in name or "Anna" in name or "toy" in name]


def test_nothing_that_was_shown_or_written_as_text_moves_a_cursor_or_is_markup(session: Session) -> None:
    assert session.told.count(CANARY) > 10
    assert [line for line in session.told.splitlines() if not is_safe(line)] == []
    page = (session.folder / "page.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "<b>\\" not in page
    assert [line for line in page.splitlines() if not is_safe(line)] == []


@pytest.mark.skipif(os.name != "posix", reason="not run: file modes are of POSIX")
def test_where_a_name_is_kept_nobody_else_reads_it(session: Session) -> None:
    kept = session.folder / "home" / "sensor.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_nothing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("FOOTSENSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(rig, "ProfileFirmware", Named)
    evening = Session(tmp_path)
    asyncio.run(evening.over_the_air())
    own = [
        r for r in caplog.records if not r.name.startswith("bumble")
    ]  # the virtual radio, which is no product
    assert [r.getMessage() for r in own if CANARY in r.getMessage()] == []


@pytest.mark.parametrize("debug", ["", "1"])
def test_an_error_that_nobody_foresaw_shows_no_name_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, debug: str
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise KeyError(AIR) from RuntimeError(WEARER)

    monkeypatch.setattr(analysis, "analyse", fails)
    monkeypatch.setenv("FOOTSENSE_DEBUG", debug)
    sample = Path(__file__).parents[1] / "sample_data" / "ankle-circles-left.csv.gz"
    told = Session(tmp_path).call("analyze", str(sample), code=2)
    assert "KeyError" in told
    assert ("Traceback" in told) == bool(debug)
    assert [line for line in told.splitlines() if not is_safe(line)] == []
