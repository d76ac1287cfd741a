"""Profiles that are wrong, or meant to do harm, are refused at once, in one line that says where."""

from pathlib import Path

import pytest

from footsense.devices import load_profile, parse_profile
from footsense.devices.expression import evaluate
from footsense.devices.reading import golden_faults
from footsense.errors import ProfileError, UsageError
from footsense.resources import data_folder

GOOD = """
schema = "footsense.profile/1"
name = "toy"
title = "A toy"
grade = "C"
sources = ["nobody"]
[[match]]
name_prefix = "toy"
[chars.data]
service = "180f"
uuid = "2a19"
properties = ["notify"]
[settings.rate_hz]
values = { 50 = 1, 100 = 2 }
default = 50
[settings.range_g]
limits = [2, 16]
default = 4
[[steps]]
phase = "start"
char = "data"
bytes = "01 {rate_hz_code:u8}"
[streams.acc]
char = "data"
[streams.acc.samples]
at = 0
count = 2
fields = [{ ch = "acc", type = "i16", scale = "range_g/32768", unit = "g" }]
"""


def refused(text: str | bytes) -> str:
    with pytest.raises(ProfileError) as caught:
        parse_profile(text, "toy.toml")
    message = str(caught.value)
    assert message.startswith("toy.toml: ")
    assert "\n" not in message
    assert len(message) < 600
    return message


def test_the_good_one_is_good() -> None:
    assert parse_profile(GOOD, "toy.toml").name == "toy"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "toy"', 'name = "toy"\nname = "toy"', "line 4"),
        ('name = "toy"', 'name = "toy', "line 3"),
        ('grade = "C"', 'grade = "Z"', 'grade: expected one of "A", '),
        ('phase = "start"', 'phase = "begin"', 'steps[0].phase: expected one of "keepalive", "probe", '),
        (
            'unit = "g" }',
            'unit = "g", unlt = "g" }',
            "streams.acc.samples.fields[0].unlt: unknown key; is unit meant?",
        ),
        ('grade = "C"', 'grade = "C"\ncolour = "red"', "colour: unknown key (known: schema, name,"),
        ('title = "A toy"\n', "", "title: missing; expected text"),
        ('uuid = "2a19"', 'uuid = "2a1"', "chars.data.uuid: expected a UUID"),
        ("at = 0", "at = -1", "streams.acc.samples.at"),
        ("at = 0", 'at = "0"', "expected a whole number from 0 to 511, got text"),
        ("count = 2", "count = 100000", "streams.acc.samples.count"),
        ("count = 2", 'count = "range_g * 1000"', "samples in a packet, expected 1 to 512"),
        ("count = 2", 'count = "range_g * 50"', "at most 512 are possible"),
        ("count = 2", 'count = "count"', "expected header.count"),
        ("count = 2", 'count = "1/0"', "has no value"),
        ('type = "i16"', 'type = "i17"', "streams.acc.samples.fields[0].type"),
        ("range_g/32768", "range/32768", "unknown name 'range' in an expression (known: range_g, rate_hz"),
        ("range_g/32768", "__import__('os')", "only numbers, names"),
        ("range_g/32768", "9**9**9", "only numbers, names"),
        ("range_g/32768", "(" * 150 + "1", "not arithmetic"),
        ("range_g/32768", "0", "scale: is 0"),
        ("range_g/32768", "1e308*1e308", "no finite number"),
        ('unit = "g"', 'unit = "dps"', "a unit of g, mg, m/s2"),
        ("[streams.acc]\nchar", "[streams.acc]\nchar = 'control' #", "no characteristic 'control'"),
        ("01 {rate_hz_code:u8}", "01 {rate:u8}", "steps[0].bytes: unknown name 'rate'"),
        ("01 {rate_hz_code:u8}", "01 xx", "neither hex bytes"),
        ("01 {rate_hz_code:u8}", "00*999", "more than 512 bytes"),
        ("01 {rate_hz_code:u8}", "{rate_hz*9:u8}", "does not fit into u8"),
        ("100 = 2", "100 = 999", "does not fit into u8"),
        ('name_prefix = "toy"', "", "match[0]: expected at least one of"),
        ('name_prefix = "toy"', 'name = "a"\ndata = "01"', "match[0].data: expected a company"),
        ('phase = "start"', 'phase = "keepalive"', "steps[0].every_s"),
        ('phase = "start"', 'phase = "start"\nonly = { rate = 1 }', "steps[0].only: no setting 'rate'"),
        ("[streams.acc]", "[streams.acc]\nonly = { rate_hz = 100 }", "none is there"),
        ("[streams.acc]", "[streams.acc]\nwhen = [{ at = 0, eq = 3, mask = 1 }]", "mask takes away"),
        ("[streams.acc]", "[streams.acc]\nheader.sequence = { at = 0, type = 'i8' }", "without sign"),
        ("[streams.acc]", "[streams.acc]\nheader.sequence = { at = 0, type = 'u8', wrap = 257 }", "can count"),
        ("[streams.acc]", "[streams.acc]\nheader.timestamp = { at = 0, type = 'u8' }", "either unit or tick_s"),
        ("[streams.acc]", "[streams.acc]\nheader.sequence = { at = 0, type = 'u8' }", "the header ends at 1"),
        ("[streams.acc]", "[streams.acc]\npad_to = [8]", "the packet is longer, 12 bytes"),
        ("default = 50", "default = 60", "settings.rate_hz.default"),
        ("values = { 50 = 1, 100 = 2 }", "about = 'x'", "exactly one of values, tables, limits, pattern"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(old: str, new: str, says: str) -> None:
    assert old in GOOD
    assert says in refused(GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    "text",
    [
        "#" * 70_000,
        "x = " + "[" * 30_000,
        "x = " + "{a = " * 10_000,
        "a." * 30_000 + "b = 1",
        "[" + "a." * 30_000 + "b]",
        "x = " + "9" * 60_000,
        "\n".join(f"k{i} = 1" for i in range(6000)),
        GOOD + "\n".join(f"[settings.s{i}]\nlimits=[1,2]\ndefault=1" for i in range(1000)),
        b"\xff\xfe",
        "\x00",
        "",
    ],
    ids=[
        "long",
        "deep",
        "deep-tables",
        "dots",
        "dotted-table",
        "digits",
        "keys",
        "settings",
        "latin",
        "nul",
        "empty",
    ],
)
@pytest.mark.timeout(30)
def test_hostile_files_are_refused(text: str | bytes) -> None:
    refused(text)


def test_expressions_are_arithmetic_and_nothing_else() -> None:
    assert evaluate("-(a - 2) * 3 / 4", {"a": 6.0}) == -3.0
    for text in (
        "a.b",
        "a[0]",
        "f(1)",
        "[1]",
        "1 if 1 else 2",
        "True",
        "1j",
        "'x'",
        "a == 1",
        "lambda: 1",
        "1\n+2",
    ):
        with pytest.raises(ProfileError):
            evaluate(text, {"a": 1.0})


def test_a_file_that_is_a_folder_is_no_profile(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no profile or file"):
        load_profile(tmp_path)


def test_the_example_of_the_guide_is_a_profile_that_decodes_its_packet() -> None:
    guide = (data_folder("firmware_profiles") / "README.md").read_text(encoding="utf-8")
    profile = parse_profile(guide.split("```toml\n")[1].split("```")[0], "README.md")
    assert profile.data.golden
    assert golden_faults(profile) == []
