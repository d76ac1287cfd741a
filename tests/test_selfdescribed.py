"""Devices that say themselves what they send: what they say makes a profile, or one clear line."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.devices import Advertised, Decoder, Encoder, commands, load_profile
from footsense.devices.selfdescribed import telling_of
from footsense.devices.selfdescribed.bluest import Masks, mask_of
from footsense.errors import PacketError, ProfileError, UsageError
from footsense.sources.plan import plan_for


def test_a_setting_that_nothing_describes_is_an_error() -> None:
    with pytest.raises(
        ProfileError, match=r"steps\[0\].describes: no \[\[described\]\] has the setting 'rate_hz'"
    ):
        telling_of(load_profile("shimmer3").data, "rate_hz", "steps[0]")


BLUEST = load_profile("bluest")
TAIL = "-0001-11e1-ac36-0002a5d5c51b"


def test_the_mask_is_the_beginning_of_the_uuid(reference: Path) -> None:
    vectors = json.loads((reference / "vectors" / "bluest.json").read_text(encoding="utf-8"))
    (vector,) = (v for v in vectors if v["id"] == "st-uuid-mask")
    assert mask_of(vector["characteristic"]) == vector["expected"]["feature_mask"]
    assert mask_of("00e00000-0002-11e1-ac36-0002a5d5c51b") is None
    assert mask_of("2a19") is None


def test_a_board_of_the_first_version_is_known_by_its_mask(reference: Path) -> None:
    vectors = json.loads((reference / "vectors" / "bluest.json").read_text(encoding="utf-8"))
    (vector,) = (v for v in vectors if v["id"] == "st-adv-1")
    said = bytes.fromhex(vector["hex"])
    company = int.from_bytes(said[2:4], "little")
    heard = Advertised("whatever", [], {company: said[4:]})
    assert (BLUEST.match_score(heard) > 0) is vector["expected"]["match"]
    for board, mask, known in ((2, "00e00000", True), (6, "00c40000", True), (6, "001c0000", False)):
        heard = Advertised("whatever", [], {1 | board << 8: bytes.fromhex(mask)})
        assert (BLUEST.match_score(heard) > 0) is known


@pytest.mark.parametrize(
    ("masks", "chosen"),
    [
        (["00e00000"], "00e00000"),
        (["00800000", "00400000", "00200000", "00020000"], "0080000000400000"),
        (["00ff0000", "00c00000", "00e00000"], "00c00000"),
        (
            ["04800000", "00800000", "20400000"],
            "0080000020400000",
        ),  # nobody knows how long microphone levels are
        (["00800000", "00200000"], "00800000"),
        (["00400000", "00200000"], None),
        (["001c0000"], "001c0000"),
        ([], None),
    ],
)
def test_of_a_boards_characteristics_the_shortest_with_motion_is_listened_to(
    masks: list[str], chosen: str | None
) -> None:
    told = BLUEST.found([f"{mask}{TAIL}" for mask in masks] + ["2a19", "00001801-0000-1000-8000-00805f9b34fb"])
    assert told == ({} if chosen is None else {"features": chosen})


@given(st.integers(0, 2**32 - 1), st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_mask_and_any_bytes_give_numbers_or_one_error(mask: int, payload: bytes) -> None:
    try:
        decoder = Decoder(BLUEST, {"features": f"{mask:08x}"})
        decoder.feed(f"{mask:08x}{TAIL}", payload)
    except (UsageError, PacketError) as error:
        assert "\n" not in str(error)  # noqa: PT017


@given(st.sets(st.sampled_from([21, 20, 19, 18, 17, 16, 24, 9, 7, 0])), st.sampled_from([23, 22]))
@settings(max_examples=40, deadline=None)
def test_any_mask_with_motion_gives_back_what_was_sent(bits: set[int], motion: int) -> None:
    mask = sum(1 << bit for bit in bits | {motion, 23})
    told = {"features": f"{mask:08x}"}
    encoder, decoder = Encoder(BLUEST, told), Decoder(BLUEST, told)
    names = [c.name for c in decoder.layouts[0].channels]
    assert names.index("acc") == (mask >= 1 << 24)  # in the order of falling bits
    acc, gyr = np.array([[0.5, -1.0, 2.0]]), np.array([[10.0, -250.0, 0.3]])
    ((char, payload),) = encoder.encode(0, np.array([1.0]), acc, gyr)
    (frame,) = decoder.feed(char, payload)
    assert frame.acc_g is not None
    assert np.allclose(frame.acc_g, acc, atol=5e-4)
    assert (frame.gyr_dps is not None) == (motion == 22)
    for damaged in (payload[:-1], payload + b"\0"):
        with pytest.raises(PacketError):
            decoder.feed(char, damaged)


def test_masks_are_whole() -> None:
    with pytest.raises(PacketError, match="four bytes each"):
        Masks().described(BLUEST.data, b"\0\xe0\0")


EARABLE = load_profile("openearable-v2")


def text(said: str) -> bytes:
    return bytes([len(said.encode())]) + said.encode()


def scheme(*components: tuple[int, str, str, str], options: int = 0x11, most: int = 1) -> str:
    body = b"".join(
        bytes([kind]) + text(group) + text(name) + text(unit) for kind, group, name, unit in components
    )
    rates = bytes([3, 0, most]) + struct.pack("<3f", 25, 62.5, 400) if options & 0x10 else b""
    return (b"\x07" + text("IMU") + bytes([len(components)]) + body + bytes([options]) + rates).hex()


ACC = [(2, "ACC", axis, "g") for axis in "XYZ"]


def test_a_scheme_tells_types_units_and_rates() -> None:
    said = scheme(
        (5, "T", "Temp", "°C"), *ACC, *[(6, "G", f"rot_{a}", "rad/s") for a in "xyz"], (2, "ACC", "X", "g")
    )
    decoder = Decoder(EARABLE, {"scheme": said, "rate_hz": 400})
    (layout,) = decoder.layouts
    assert [c.name for c in layout.channels] == ["t_temp_degc", "acc", "gyr", "acc_x_g"]
    assert decoder.timings[0].rate_hz == 62.5  # the nearest of those that are streamed
    packet = b"\x07\x17" + (5_000_000).to_bytes(8, "little") + struct.pack("<I3h3fh", 7, 1, -2, 0, 1, 0, -1, 3)
    (frame,) = decoder.feed(layout.char, packet)
    assert frame.acc_g is not None
    assert frame.gyr_dps is not None
    assert (frame.acc_g.tolist(), frame.ticks) == ([[1.0, -2.0, 0.0]], 5_000_000)
    assert frame.gyr_dps[0] == pytest.approx([57.29578, 0, -57.29578])
    assert [w.payload for w in commands(EARABLE, {"scheme": said}) if w.phase == "start"] == [b"\x00\x01\x01"]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (scheme(*ACC)[:-2], "cut short"),
        (scheme(*ACC) + "00", "1 bytes too many"),
        (scheme(*ACC, options=0x10), "cannot be streamed"),
        (scheme((9, "A", "x", "g")), "unknown type 9"),
        (scheme(), "without components"),
    ],
)
def test_a_scheme_that_makes_no_profile_is_refused_in_words(said: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Decoder(EARABLE, {"scheme": said})


@given(st.binary(max_size=120), st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_scheme_and_any_packet_give_numbers_or_one_error(said: bytes, payload: bytes) -> None:
    whole = bytes.fromhex(scheme(*ACC))
    for tail in (said, whole[: len(said)] + said, whole[:-1] + said[:1]):
        try:
            decoder = Decoder(EARABLE, {"scheme": tail.hex()})
            decoder.feed(decoder.layouts[0].char, b"\x07" + payload)
        except (UsageError, PacketError) as error:
            assert "\n" not in str(error)  # noqa: PT017


PHYPHOX = load_profile("phyphox")
DATA = "cddf1002-30f7-4671-8b43-5e40ba53514a"


def experiment(outputs: str, rest: str = "") -> dict[str, str]:
    return {"experiment": f"'<phyphox><input><bluetooth>{outputs}</bluetooth></input>{rest}</phyphox>'"}


def output(at: int, name: str, conversion: str = "float32LittleEndian", repeating: int = 0) -> str:
    said = f'<output char="{DATA}" conversion="{conversion}" offset="{at}"'
    return said + (f' repeating="{repeating}"' if repeating else "") + f">{name}</output>"


def channels(told: dict[str, str]) -> list[str]:
    return [c.name for c in Decoder(PHYPHOX, told).layouts[0].channels]


EXPORT = "".join(f'<data name="Gyro {axis}">{name}</data>' for axis, name in zip("xyz", "abc", strict=True))
EXPORT = f"<export><set>{EXPORT}</set></export>"


def three(*names: str, **kw: int) -> str:
    return "".join(output(4 * i, name, **kw) for i, name in enumerate(names))


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (experiment(three("CH1", "CH2", "CH3")), ["ch1", "ch2", "ch3"]),
        (experiment(three("acc_x", "acc_y", "acc_z")), ["acc"]),
        (experiment(three("accX", "accY", "accZ", "w", "wy", "wz")), ["acc", "w", "wy", "wz"]),
        (experiment(three("a", "b", "c"), EXPORT), ["gyr"]),
        (experiment("".join(output(2 * i, f"acc_{a}", "int16LittleEndian") for i, a in enumerate("xyz"))),
         ["acc_x", "acc_y", "acc_z"]),
        (experiment(output(0, "acc_x") + output(8, "acc_y") + output(12, "acc_z")),
         ["acc_x", "unread_1_0", "acc_y", "acc_z"]),
    ],
)  # fmt: skip
def test_an_experiments_labels_tell_what_its_numbers_are(told: dict[str, str], names: list[str]) -> None:
    assert channels(told) == names


def test_numbers_repeat_and_are_turned_and_what_the_app_writes_is_written() -> None:
    told = experiment(
        output(4, "acc_y", repeating=12) + output(8, "acc_z", repeating=12) + output(12, "acc_x", repeating=12)
        + output(0, "T", "int32BigEndian") + '<output char="x" extra="time">t</output>'
        + f'<config char="{DATA[:-1]}b" conversion="hexadecimal">01 0A</config>'
    )  # fmt: skip
    decoder = Decoder(PHYPHOX, told)
    (frame,) = decoder.feed(DATA, struct.pack(">i", 9) + struct.pack("<6f", 9.80665, 0, 0, 0, 0, -9.80665))
    assert frame.acc_g is not None
    assert frame.acc_g == pytest.approx(np.array([[0, 1, 0], [-1, 0, 0]]), abs=1e-6)
    assert frame.fields == {"t": 9}
    assert [(w.char, w.payload) for w in commands(PHYPHOX, told) if w.phase == "start"] == [
        (f"{DATA[:-1]}b", b"\x01\x0a")
    ]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("<phyphox/>", "reads no number"),
        ("<other/>", "XML of other"),
        ("<phyphox>", "no XML"),
        ("<!DOCTYPE phyphox [<!ENTITY a 'a'>]><phyphox>&a;</phyphox>", "document type"),
        (
            f"<phyphox><input><bluetooth>{output(0, 'a', 'string')}</bluetooth></input></phyphox>",
            "'string' is not",
        ),
        (
            f"<phyphox><input><bluetooth>{three('a', 'b') + output(2, 'c')}</bluetooth></input></phyphox>",
            "overlap",
        ),
        (f"<phyphox><input><bluetooth>{output(0, 'a', repeating=2)}</bluetooth></input></phyphox>", "too few"),
        (f"<phyphox><input><bluetooth>{output(9999, 'a')}</bluetooth></input></phyphox>", "no number of bytes"),
        ("<phyphox>" + "<a>" * 4000, "no XML"),
        ("<phyphox>" + "<a>" * 2000 + "</a>" * 2000 + "</phyphox>", "reads no number"),
    ],
)
def test_an_experiment_that_makes_no_profile_is_refused_in_words(said: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Decoder(PHYPHOX, {"experiment": f"'{said}'"})


def test_an_experiment_is_put_together_and_its_checksum_held_against_it() -> None:
    transfer = telling_of(PHYPHOX.data, "experiment", "steps")
    document = b"<phyphox>" + bytes(range(32, 127)) * 3 + b"</phyphox>"
    parts = transfer.parts(document)
    for header in (parts[0], parts[0] + bytes(5)):  # version 2 of the library, version 1
        heard = header + b"".join(parts[1:])
        assert [transfer.whole(heard[:n]) for n in range(len(heard))] == [None] * len(heard)
        assert transfer.whole(heard) == document
        with pytest.raises(PacketError, match="CRC-32"):
            transfer.whole(heard[:-1] + b"!")
    for wrong in (b"something else than that", b"phyphox" + b"\xff" * 10):
        with pytest.raises(PacketError, match=r"begins with phyphox|at most 16384"):
            transfer.whole(wrong)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("shimmer3", {"inquiry": "02400000000000010112"}),
        ("phyphox", experiment(three("a", "b", "c"))),
        ("openearable-v2", {"scheme": scheme((6, "G", "x", "dps"))}),
    ],
)
def test_a_device_that_says_it_sends_no_acceleration_is_refused_in_words(
    name: str, told: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="sends no acceleration: switch it on"):
        plan_for(load_profile(name), told)


def test_what_was_not_asked_for_is_as_the_device_has_it() -> None:
    plan = plan_for(PHYPHOX, PHYPHOX.settings_for({"rate_hz": 25}))
    assert plan.told is not None
    told = plan.told(experiment(three("t", "acc_x", "acc_y") + output(12, "acc_z")))
    assert (told.settings["rate_hz"], told.settings["numbers"]) == (25, 4)
    assert [place[1] for place in told.required] == ["cddf1002-30f7-4671-8b43-5e40ba53514a"]
    assert told.told_by is not None
    assert [uuid[:8] for _, uuid in told.told_by] == [
        "cddf0002"
    ]  # what it sends on is known only from what it says
