"""Devices that say themselves what they send: what they say makes a profile, or one clear line."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.devices import Advertised, Decoder, Encoder, commands, load_profile
from footsense.devices.selfdescribed import telling_of
from footsense.devices.selfdescribed.bluest import Masks, mask_of
from footsense.errors import PacketError, ProfileError, UsageError

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
        (inquiring,) = (w.reply for w in commands(profile, asked) if w.reply)
        hear = inquiring.hearing()
        (told,) = filter(None, map(hear, inquiring.parts))
        settled, before = profile.settings_for({**asked, **told}), profile.settings_for(asked)
        assert settled == before | told
        described, plain = Decoder(profile, settled), Decoder(profile, before)
        assert [(c.name, c.scale) for c in described.layouts[0].channels] == [
            (c.name, c.scale) for c in plain.layouts[0].channels
        ]
        assert described.timings[0].rate_hz == plain.timings[0].rate_hz


def test_a_setting_that_nothing_describes_is_an_error() -> None:
    with pytest.raises(
        ProfileError, match=r"steps\[0\].describes: no \[\[described\]\] has the setting 'rate_hz'"
    ):
        telling_of(PROFILES["shimmer3"].data, "rate_hz", "steps[0]")


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
