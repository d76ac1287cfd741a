"""Shimmers say what they send, and keep their calibrations: that makes a profile, or one clear line."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.devices import Decoder, Encoder, commands, load_profile
from footsense.devices.selfdescribed import telling_of
from footsense.errors import PacketError, UsageError

SHIMMERS = ["shimmer3", "shimmer3r"]


WORDS = {"shimmer3": 4, "shimmer3r": 7}  # bytes of the configuration in an inquiry


PROFILES = {name: load_profile(name) for name in SHIMMERS}


def inquiry(name: str, channels: list[int], divisor: int = 320, config: int = 0) -> bytes:
    body = divisor.to_bytes(2, "little") + config.to_bytes(WORDS[name], "little")
    return b"\x02" + body + bytes([len(channels), 1, *channels])


@pytest.mark.parametrize("name", SHIMMERS)
def test_an_inquiry_tells_rate_ranges_and_channels(name: str) -> None:
    config = 3 << 2 | 1 << 16  # 16 g, the second range of the gyroscope
    said = inquiry(name, [3, 4, 5, 6, 10, 11, 12, 7, 8, 9], divisor=640, config=config)
    decoder = Decoder(PROFILES[name], {"inquiry": said.hex()})
    (timing,) = decoder.timings
    assert (timing.rate_hz, decoder.acc_range_g) == (51.2, 16.0)
    assert decoder.settings["gyro_range_dps"] == {"shimmer3": 500, "shimmer3r": 250}[name]
    assert [c.name for c in decoder.layouts[0].channels] == ["battery_raw", "acc", "gyr", "mag_raw"]


def test_of_two_accelerometers_the_wide_range_one_is_told() -> None:
    both = Decoder(PROFILES["shimmer3"], {"inquiry": inquiry("shimmer3", [0, 1, 2, 4, 5, 6], config=8).hex()})
    assert [c.name for c in both.layouts[0].channels] == ["accel_ln_raw", "acc"]
    assert both.acc_range_g == 8.0
    one = Decoder(PROFILES["shimmer3"], {"inquiry": inquiry("shimmer3", [0, 1, 2], config=8).hex()})
    assert [c.name for c in one.layouts[0].channels] == ["acc"]
    assert one.acc_range_g == 2.0


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("02 4001 00000000 01 01", "as many channels as it tells"),
        ("02 4001 00000000 00 01", "no rate or no channel"),
        ("02 0000 00000000 01 01 12", "no rate or no channel"),
        ("02 4001 00000000 02 01 04 05", "channel 04 is unknown, or without its other axes"),
        ("02 4001 00000000 01 01 99", "channel 99 is unknown"),
        ("02 4001 00000000 02 01 12 12", "two of them have the same ch"),
        ("02 4001 00000000 ff 01 12", "255 channels"),
        ("02 0100 00000000 03 01 0a0b0c", "32768 Hz, expected above 0"),
        ("zz", "expected bytes in hexadecimal"),
        ("00" * 60, "at most 48 are possible"),
    ],
)
def test_what_makes_no_profile_is_refused_in_words(said: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Decoder(PROFILES["shimmer3"], {"inquiry": said})


KEPT = {  # by a Shimmer3 that has the maker's defaults: seemoo-lab/pyshimmer @a2ef575861b4, test_allcalibration
    "low_noise": "08cd08cd08cd 005c005c005c 009c00 9c0000 00009c",
    "gyro": "000000000000 199619961996 009c00 9c0000 00009c",
    "magnetometer": "000000000000 029b029b029b 009c00 640000 00009c",
    "wide_range": "000000000000 068706870687 009c00 640000 00009c",
}


SENSED = [4, 5, 6, 10, 11, 12]  # the wide-range accelerometer and the gyroscope


def calibration(**other: str) -> str:
    return "2d" + "".join((KEPT | other).values()).replace(" ", "")


def shimmer3(
    said: str, channels: list[int] = SENSED, config: int = 1 << 16, chip: str = "lsm303dlhc"
) -> Decoder:
    asked = {"inquiry": inquiry("shimmer3", channels, config=config).hex(), "calibration": said, "chip": chip}
    return Decoder(PROFILES["shimmer3"], asked)


def sensed(decoder: Decoder, acc: list[int], gyr: list[int]) -> tuple[list[float], list[float]]:
    (frame,) = decoder.feed(
        decoder.layouts[0].char, bytes(4) + struct.pack("<3h", *acc) + struct.pack(">3h", *gyr)
    )
    assert frame.acc_g is not None
    assert frame.gyr_dps is not None
    return (frame.acc_g[0] * 9.80665).tolist(), frame.gyr_dps[0].tolist()


def test_a_shimmers_own_calibration_takes_the_place_of_the_makers_defaults() -> None:
    decoder = shimmer3(calibration())
    acc, gyr = sensed(decoder, [1671, 0, -1671], [655, 0, 0])  # at 2 g and 500 deg/s
    assert acc == pytest.approx([0, -1, 1])
    assert gyr == pytest.approx([0, -10, 0])
    low_noise = shimmer3(calibration(), channels=[0, 1, 2, 10, 11, 12])
    acc, _ = sensed(low_noise, [2253 + 92, 2253, 2253 - 184], [0, 0, 0])
    assert acc == pytest.approx([0, -1, 2])


def test_a_calibration_is_offsets_sensitivities_and_an_alignment() -> None:
    rng = np.random.default_rng(7)
    offset, per_unit = rng.integers(-90, 90, 3), 1671 + rng.integers(-60, 60, 3)
    alignment = np.array([[3, -98, 5], [97, 2, -6], [4, 1, -99]])
    said = struct.pack(">3h3h9b", *offset, *per_unit, *alignment.reshape(-1)).hex()
    decoder, counts = shimmer3(calibration(wide_range=said)), rng.integers(-20000, 20000, 3)
    expected = np.linalg.inv(alignment / 100) @ np.linalg.inv(np.diag(per_unit)) @ (counts - offset)
    acc, _ = sensed(decoder, counts.tolist(), [0, 0, 0])
    assert acc == pytest.approx(expected.tolist())


UNKEPT = "000000000000 065f065f065f 9c0000 006400 00009c"  # the firmware's own, for an older board


NO_CALIBRATIONS = ["ff" * 21, "00" * 21, "000000000000 034403440344 009c00 640000 00009c", UNKEPT]


@pytest.mark.parametrize("kept", NO_CALIBRATIONS)
@pytest.mark.parametrize("chip", ["lsm303ah", "lsm303dlhc"])
def test_what_is_no_calibration_of_this_range_leaves_the_makers_defaults(kept: str, chip: str) -> None:
    plain = sensed(shimmer3("", chip=chip), [100, 2000, -300], [5, 6, 7])
    acc, gyr = sensed(
        shimmer3(calibration(wide_range=kept, gyro=kept), chip=chip), [100, 2000, -300], [5, 6, 7]
    )
    assert (acc, gyr) == plain


def test_what_firmware_has_for_older_boards_is_no_calibration_of_a_newer_one() -> None:
    said = calibration(low_noise="07ff07ff07ff 005300530053 009c00 9c0000 00009c")
    low_noise = [0, 1, 2, 10, 11, 12]
    acc, _ = sensed(shimmer3(said, low_noise, chip="lsm303ah"), [2253, 2253, 2345], [0, 0, 0])
    assert acc == pytest.approx([0, 0, -1])


def test_the_defaults_of_newer_boards_are_those_that_their_devices_keep() -> None:
    for channels, acc in (SENSED, [100, 2000, -300]), ([0, 1, 2, 10, 11, 12], [2000, 2500, 2300]):
        default = sensed(shimmer3("", channels, chip="lsm303ah"), acc, [5, 6, 7])
        kept = sensed(shimmer3(calibration(), channels, chip="lsm303ah"), acc, [5, 6, 7])
        assert kept[0] == pytest.approx(default[0], rel=2e-3)
        assert kept[1] == pytest.approx(default[1], rel=2e-3)


@pytest.mark.parametrize("said", ["2d", "2d" + "00" * 83, "2e" + "00" * 84])
def test_an_answer_that_is_no_calibration_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="expected 2d and 84 bytes of calibration"):
        shimmer3(said)


@given(st.binary(min_size=84, max_size=84))
@settings(max_examples=100, deadline=None)
def test_any_calibration_gives_numbers(kept: bytes) -> None:
    acc, gyr = sensed(shimmer3("2d" + kept.hex()), [32767, -32768, 1], [-32768, 32767, 0])
    assert np.isfinite([acc, gyr]).all()


def test_what_a_calibrated_device_sends_comes_back() -> None:
    wide = "00640032ffce 06a006600690 05 9d 02 62 fb 03 02 01 9c"
    asked = {
        "inquiry": inquiry("shimmer3", SENSED, config=1 << 16).hex(),
        "calibration": calibration(wide_range=wide),
    }
    encoder, decoder = Encoder(PROFILES["shimmer3"], asked), Decoder(PROFILES["shimmer3"], asked)
    truth = np.random.default_rng(1).uniform(-1.5, 1.5, (40, 3))
    sent = encoder.encode(0, np.arange(40) / 102.4, truth, 90 * truth)
    frames = [f for char, payload in sent for f in decoder.feed(char, payload)]
    acc = np.concatenate([f.acc_g for f in frames if f.acc_g is not None])
    assert np.abs(acc - truth).max() < 1.2 * 0.5 / 1600 / 9.8


@given(st.sampled_from(SHIMMERS), st.binary(max_size=45))
@settings(max_examples=300, deadline=None)
def test_any_answer_makes_a_profile_or_one_clear_error(name: str, tail: bytes) -> None:
    try:
        decoder = Decoder(PROFILES[name], {"inquiry": (b"\x02" + tail).hex()})
    except UsageError as error:
        said = str(error)
    else:
        said = decoder.layouts[0].name
    assert said
    assert "\n" not in said


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_channels_in_any_order_give_back_the_motion_that_was_sent(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(SHIMMERS))
    groups = [[4, 5, 6], [10, 11, 12], [7, 8, 9], [3], [18], [26], [27], [29], [30], [35]]
    chosen = data.draw(st.permutations(groups))[: data.draw(st.integers(1, len(groups)))]
    channels = [c for group in chosen for c in group]
    told = {"inquiry": inquiry(name, channels, config=8 | 2 << 16).hex()}
    profile = PROFILES[name]
    encoder, decoder = Encoder(profile, told), Decoder(profile, told)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    n = 20
    acc, gyr = rng.uniform(-7, 7, (n, 3)), rng.uniform(-400, 400, (n, 3))
    sent = b"".join(p for _, p in encoder.encode(0, np.arange(n) / 102.4, acc, gyr))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    parts = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    frames = [f for part in parts for f in decoder.feed(profile.char_uuid("rx"), part)]
    for group, channel, truth in (([4, 5, 6], "acc", acc), ([10, 11, 12], "gyr", gyr)):
        got = [f.acc_g if channel == "acc" else f.gyr_dps for f in frames]
        if group not in chosen:
            assert all(g is None for g in got)
            continue
        (scale,) = (c.scale for c in decoder.layouts[0].channels if c.name == channel)
        rows = np.concatenate([g for g in got if g is not None])
        assert np.abs(rows - truth).max() <= abs(scale) / 2 * 1.000001
    assert not {4, 10} & set(channels) or len(frames) == n


@pytest.mark.parametrize("name", SHIMMERS)
def test_an_answer_is_put_together_from_its_parts(name: str) -> None:
    said = inquiry(name, [4, 5, 6, 10, 11, 12])
    data = PROFILES[name].data
    inquiring = telling_of(data, "inquiry", "steps")
    heard = b"\xff\x8a\x71\x00\xff" + said + b"\xff"
    wholes = [inquiring.whole(heard[:n]) for n in range(len(heard))]
    assert [w for w in wholes if w is not None] == [said]
    assert wholes[-1] == said
    with pytest.raises(PacketError, match="255 channels"):
        inquiring.whole(b"\x02" + b"\xff" * 20)


@pytest.mark.parametrize("name", SHIMMERS)
def test_what_the_virtual_device_says_is_what_it_was_asked_for(name: str) -> None:
    profile = PROFILES[name]
    for asked in ({}, {"rate_hz": 51.2, "acc_range_g": 16, "gyro_range_dps": 2000}):
        told = {}
        for asking in (w.reply for w in commands(profile, asked) if w.reply):
            (answer,) = filter(None, map(asking.hearing(), asking.parts))
            told |= answer
        settled, before = profile.settings_for({**asked, **told}), profile.settings_for(asked)
        assert settled == before | told
        described, plain = Decoder(profile, settled), Decoder(profile, before)
        assert [(c.name, c.scale) for c in described.layouts[0].channels] == [
            (c.name, c.scale) for c in plain.layouts[0].channels
        ]
        assert described.timings[0].rate_hz == plain.timings[0].rate_hz
