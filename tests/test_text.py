"""Foreign text reaches a person only through `display`."""

import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shown import is_safe

from footsense.cli import main
from footsense.recording import Recorder
from footsense.text import display, json_text
from footsense.types import SensorMeta


@given(st.text(), st.integers(1, 100))
def test_any_text_becomes_one_printable_line(text: str, limit: int) -> None:
    shown = display(text, limit)
    assert len(shown) <= limit
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    shown.encode()  # no lone surrogate is left


def test_a_path_is_shown_to_its_end() -> None:
    path = Path("/home/anna") / ("a folder of many words " * 8) / "monday.mcap"
    assert display(path) == str(path)
    assert display(str(path)).endswith("…")


WORDS = st.text(st.characters(codec=None))
NESTED = st.recursive(WORDS | st.none(), lambda v: st.lists(v) | st.dictionaries(st.text(), v))


def half_pairs_shown(value: object) -> object:
    """The value as JSON can hold it: half of a pair of surrogates is in no UTF-8."""
    if isinstance(value, str):
        return "".join(display(c) if "\ud800" <= c <= "\udfff" else c for c in value)
    if isinstance(value, dict):
        return {half_pairs_shown(k): half_pairs_shown(v) for k, v in value.items()}
    return [half_pairs_shown(v) for v in value] if isinstance(value, list) else value


def test_a_name_of_a_file_that_is_no_utf_8_is_json_that_any_reader_takes() -> None:
    told = json_text({"file": os.fsdecode(b"a\xff\xe9.csv")})
    assert msgspec.json.decode(told.encode()) == {"file": r"a\xff\xe9.csv"}
    assert display(os.fsdecode(b"a\xff\xe9.csv")) == r"a\xff\xe9.csv"


@given(NESTED)
def test_json_is_one_printable_line_and_reads_back(value: object) -> None:
    told = json_text(value)
    assert is_safe(told)
    assert json.loads(told) == half_pairs_shown(value)
    assert json.loads(json_text(value, indent=1)) == json.loads(told)


SAMPLE = str(Path(__file__).parents[1] / "sample_data" / "ankle-circles-left.csv.gz")
HARMFUL = st.sampled_from(
    ["\x1b]0;x\x07", "\x1b[2J", "\n", "\r", "\x9b31m", "\u202e", "\u200b", "\udc9b", "<b>", "\x7f", "{}"]
)
FOREIGN = st.lists(st.characters(codec=None) | HARMFUL, min_size=1, max_size=12).map("".join)
# where a person, a file or the air may have text in a call: an option, the name of a file, or what is in it
CALLS = [
    ["{}"],
    ["analyze", "{}"],
    ["analyze", "{}", "--json"],
    ["analyze", "{}.csv", "{}.mcap"],
    ["analyze", SAMPLE, "--exercise", "{}"],
    ["analyze", "named.csv"],
    ["analyze", "headed.csv", "--json"],
    ["analyze", "told.mcap"],
    ["analyze", "sensor.mcap", "--json"],
    ["accuracy", "{}"],
    ["correct", "{}.record.json", "--exercise", "{}", "--side", "left", "--by", "1", "--why", "{}"],
    ["keys", "{}"],
    ["profiles", "check", "mine.toml"],
    ["profiles", "decode", "{}", "{}"],
    ["profiles", "decode", "generic", "--json", "{}"],
    ["profiles", "show", "{}"],
    ["profiles", "commands", "generic", "--set", "{}"],
    ["record", "--profile", "{}"],
    ["record", "--set", "{}"],
    ["repair", "{}"],
    ["repair", "told.mcap", "-o", "{}"],
    ["replay", "{}.csv"],
    ["replay", "headed.csv", "--json"],
    ["report", "{}", "-o", "{}"],
    ["report", "headed.csv", "--routine", "{}"],
    ["simulate", "{}"],
    ["verify", "{}", "--routine", "{}"],
    ["verify", "headed.csv", "--routine", "mine.toml", "--json"],
    ["verify", "{}.record.json", "--json"],
    ["verify", "bad.record.json"],
]


def placed(folder: Path, call: list[str], text: str) -> None:
    """The files of the call that hold the text where a name or a word is expected."""
    quoted = json.dumps(text.encode("utf-8", "replace").decode())
    raw = text.encode("utf-8", "surrogatepass")
    (folder / "headed.csv").write_bytes(b"t_s,ax_g," + raw + b",az_g\n0,0,0,1\n")
    (folder / "named.csv").write_bytes(b"t_s,ax_g,ay_g,az_g\n0,0,0,1\n0.01,0," + raw + b",1\n")
    (folder / "mine.toml").write_text(f"schema = {quoted}\nname = {quoted}\n", encoding="utf-8")
    (folder / "bad.record.json").write_text(f'{{"schema": {quoted}, "id": {quoted}}}', encoding="utf-8")
    for name, meta in {
        "told.mcap": SensorMeta("s", text, {"rate_hz": text}, "left", "foot"),
        "sensor.mcap": SensorMeta(display(text, 60), text, {}, None, None),
    }.items():
        (folder / name).unlink(missing_ok=True)
        if name in call:
            Recorder(folder / name, [meta], facts={"note": text}).close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("text")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTSENSE_HOME", str(made / "home"))
        patch.setenv("FOOTSENSE_DEBUG", "")
        patch.chdir(made)
        yield made


@given(call=st.sampled_from(CALLS), text=FOREIGN)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_command_lets_foreign_text_move_the_cursor(folder: Path, call: list[str], text: str) -> None:
    text = text.replace("\0", "")  # no argument of a program can hold it
    if os.name != "posix":
        text = text.encode("utf-8", "replace").decode()
    placed(folder, call, text)
    told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["footsense", *(a.replace("{}", text) for a in call)])
        patch.setattr(sys, "stdout", told)
        patch.setattr(sys, "stderr", told)
        with pytest.raises(SystemExit):
            main()
    told.flush()
    shown = told.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
    assert "footsense: unexpected" not in shown
    assert [line for line in shown.split("\n") if not is_safe(line)] == []
