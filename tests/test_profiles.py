"""What every profile must do, over whatever profiles there are."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.devices import (
    Decoder,
    Encoder,
    Profile,
    commands,
    gatt_table,
    kinds,
    load_profile,
    profile_names,
)
from footsense.devices.layout import Channel
from footsense.devices.reading import Readings, golden_faults
from footsense.devices.settings import variations
from footsense.devices.uuids import full
from footsense.errors import PacketError
from footsense.types import Decoded, Floats

NAMES = profile_names()
PROFILES = {name: load_profile(name) for name in NAMES}
UUID_LENGTH = 36


@pytest.fixture(params=NAMES)
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]


def test_there_are_profiles() -> None:
    assert len(NAMES) >= 1


def test_the_file_is_named_like_the_profile(profile: Profile) -> None:
    assert profile.name in NAMES
    assert load_profile(profile.name).data == profile.data


def test_golden_packets_decode_as_they_say(profile: Profile) -> None:
    assert profile.data.golden
    assert golden_faults(profile) == []


def test_samples_stay_as_they_are_when_the_next_packet_comes(profile: Profile) -> None:
    decoder, encoder = Decoder(profile, {}), Encoder(profile, {})
    rows = np.random.default_rng(5).uniform(-1, 1, (1200, 3))
    t_s = np.arange(len(rows)) / (decoder.timings[0].rate_hz if decoder.timings else 1.0)
    kept, copies = [], []
    for char, payload in encoder.encode(0, t_s, rows, 90 * rows):
        arrays = [
            a for f in decoder.feed(char, payload) for a in (f.acc_g, f.gyr_dps, f.mag_ut) if a is not None
        ]
        kept += arrays
        copies += [a.copy() for a in arrays]
    assert len(kept) > 3 or not any(t.carries_acc for t in decoder.timings)
    for array, copy in zip(kept, copies, strict=True):
        assert (array == copy).all()


SHORTER_FRAMES = {("witmotion-wt901ble", 28): {20}}  # a frame of older firmware is that long: nobody can tell


def shorter_fillings(decoder: Decoder, packet: bytes) -> set[int]:
    """Lengths at which a packet of as many samples as fit has fewer, and nobody can tell."""
    fits = [
        x for x in decoder.layouts
        if x.timing and x.count is None and all(packet[w.at] & w.mask == w.eq for w in x.stream.when)
    ]  # fmt: skip
    return {n for x in fits for n in range(x.at + x.sample_size, len(packet), x.sample_size)}


def test_golden_packets_cut_short_are_refused(profile: Profile) -> None:
    for golden in profile.data.golden:
        if len(golden.hex) > 1:
            continue
        decoder = Decoder(profile, golden.settings)
        packet = bytes.fromhex(golden.hex[0])
        char = next(x.char for x in decoder.layouts if x.stream.char == golden.char)
        whole = SHORTER_FRAMES.get((profile.name, len(packet)), set()) | shorter_fillings(decoder, packet)
        frame = profile.told(golden.settings).data.chars[golden.char].frame
        unguarded = frame is not None and frame.straddles and not frame.check
        for n in set(range(len(packet))) - whole:
            if unguarded:  # nothing in such a stream shows that bytes are missing from its middle
                decoder = Decoder(profile, golden.settings)
            try:
                frames = decoder.feed(char, packet[:n])
            except PacketError:
                continue
            assert all(f.acc_g is None and f.gyr_dps is None for f in frames)


def test_golden_packets_with_a_byte_too_many_are_refused(profile: Profile) -> None:
    for golden in profile.data.golden:
        decoder = Decoder(profile, golden.settings)
        char = next(x.char for x in decoder.layouts if x.stream.char == golden.char)
        *first, last = [bytes.fromhex(packet) for packet in golden.hex]
        for packet in first:
            assert decoder.feed(char, packet) == []
        frame, *_ = decoder.feed(char, last)
        data = profile.told(golden.settings).data
        begins_a_line = data.chars[golden.char].text is not None
        if data.streams[frame.stream].rest is None and not begins_a_line:
            for packet in first:
                decoder.feed(char, packet)
            with pytest.raises(PacketError):
                decoder.feed(char, last + b"\x01")


def test_every_setting_gives_commands_and_a_stream(profile: Profile) -> None:
    for chosen in variations(profile.told({}).data):
        assert profile.settings_for(chosen) == chosen
        writes = commands(profile, chosen)
        published = {c: props for _, chars in gatt_table(profile) for c, props, _ in chars}
        assert all(len(c) == UUID_LENGTH and c == c.lower() for c in published)
        assert all({"write", "write-without-response"} & set(published[w.char]) for w in writes)
        assert all({"notify", "indicate"} & set(published[c]) for c in profile.subscribe(chosen))
        places = {(s, c) for s, chars in gatt_table(profile) for c, _, _ in chars}
        assert set(profile.required(chosen)) <= places
        replies = [w.reply for w in writes if w.reply]
        assert all({"notify", "indicate"} & set(published[r.char]) for r in replies if r.telling)
        assert all(r.char in profile.subscribe(chosen) for r in replies if not r.telling)


def test_it_matches_what_it_advertises_better_than_any_other(profile: Profile) -> None:
    heard = profile.advertised()
    scores = {name: p.match_score(heard) for name, p in PROFILES.items()}
    assert max(scores, key=lambda n: scores[n]) == profile.name
    assert scores[profile.name] > 0


def held(channel: Channel, truth: Floats) -> Floats:
    """What the channel's numbers can hold of it."""
    span = kinds.limits(channel.kind)
    return truth if span is None else np.clip(truth, span[0] * channel.scale, span[1] * channel.scale)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_encoded_is_decoded_to_half_a_count(data: st.DataObject) -> None:
    profile = PROFILES[data.draw(st.sampled_from(NAMES))]
    chosen = data.draw(st.sampled_from(list(variations(profile.told({}).data))))
    encoder, decoder = Encoder(profile, chosen), Decoder(profile, chosen)
    if not decoder.timings:
        return
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    n = data.draw(st.integers(1, 120))
    start_s = data.draw(st.sampled_from([0.0, 3.21, 5000.0, 2.0**32 / 1e6 - 0.1]))
    t_s = start_s + np.arange(n) / decoder.timings[0].rate_hz
    acc_g, gyr_dps = rng.uniform(-1.9, 1.9, (n, 3)), rng.uniform(-120, 120, (n, 3))
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=5)))
    packets = []
    for a, b in zip([0, *cuts], [*cuts, n], strict=True):
        packets += encoder.encode(a, t_s[a:b], acc_g[a:b], gyr_dps[a:b])
    packets += encoder.flush()
    frames = [f for char, payload in packets for f in decoder.feed(char, payload)]
    for timing in decoder.timings:
        mine = [f for f in frames if f.stream == timing.stream]
        if profile.broadcasts and timing is not decoder.timings[0]:
            assert not mine  # one packet tells all, of the first kind
            continue
        layout = next(x for x in decoder.layouts if x.name == timing.stream)
        for channel in layout.channels:
            if channel.name not in ("acc", "gyr"):
                continue
            got = [f.acc_g if channel.name == "acc" else f.gyr_dps for f in mine]
            total = n if layout.count is None else n // layout.count * layout.count
            truth = held(channel, acc_g if channel.name == "acc" else gyr_dps)[:total]
            whole = np.concatenate([g for g in got if g is not None]) if got else np.empty((0, 3))
            half = 0.5 * abs(channel.scale) if "f" not in channel.kind else 1e-5
            assert whole.shape == truth.shape
            assert np.abs(whole - truth).max(initial=0) <= half * (1 + 1e-9)
        if timing.tick_s and timing.tick_modulus and mine:
            ticks = [f.ticks for f in mine if f.ticks is not None]
            assert len(ticks) == len(mine)
            index = 0 if timing.anchor == "first" else layout.per_packet - 1
            if index < n:
                assert ticks[0] == round(t_s[index] / timing.tick_s) % timing.tick_modulus
        if timing.sequence_modulus:
            steps = np.diff([f.sequence or 0 for f in mine]) % timing.sequence_modulus
            assert timing.sequence_counts == "samples" or (steps == 1).all()


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_a_frame_or_a_packet_error(data: st.DataObject) -> None:
    profile = PROFILES[data.draw(st.sampled_from(NAMES))]
    decoder = Decoder(profile, data.draw(st.sampled_from(list(variations(profile.told({}).data)))))
    golden = [bytes.fromhex(h) for g in profile.data.golden for h in g.hex]
    damaged = st.builds(
        lambda p, cut, junk: p[:cut] + junk,
        st.sampled_from(golden),
        st.integers(0, 250),
        st.binary(max_size=40),
    )
    for _ in range(4):
        layout = data.draw(st.sampled_from(decoder.layouts))
        payload = data.draw(st.one_of(st.binary(max_size=260), damaged))
        try:
            frames = decoder.feed(layout.char, payload)
        except PacketError:
            continue
        for frame in frames:
            for values in (frame.acc_g, frame.gyr_dps, frame.mag_ut):
                assert values is None or (values.shape == (len(values), 3) and np.isfinite(values).all())


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_never_a_sample_from_a_malformed_packet(data: st.DataObject) -> None:
    profile = PROFILES[data.draw(st.sampled_from(NAMES))]
    golden = data.draw(st.sampled_from(profile.data.golden))
    char = profile.told(golden.settings).data.chars[golden.char]
    where = next(x.char for x in Decoder(profile, golden.settings).layouts if x.char == full(char.uuid))
    readings, decoder = Readings(profile, golden.settings, where), Decoder(profile, golden.settings)
    for packet in golden.hex:
        whole = bytes.fromhex(packet)
        cut, junk = data.draw(st.integers(0, len(whole))), data.draw(st.binary(max_size=20))
        damaged = data.draw(st.sampled_from([whole[:cut], whole + junk, junk + whole, whole[:cut] + junk]))
        told = readings.feed(damaged)
        assert "error" not in told or list(told) == ["error"]
        kept, is_fault = beside_an_error(decoder, where, damaged)
        assert is_fault == ("error" in told)
        assert char.frame is not None or not kept  # frames are packets of their own, parts of a packet are not


def beside_an_error(decoder: Decoder, char: str, payload: bytes) -> tuple[list[Decoded], bool]:
    try:
        decoder.feed(char, payload)
    except PacketError as error:
        return error.frames, True
    return [], False


def test_what_is_left_over_takes_the_samples_beside_it_along() -> None:
    whole = "00 008000 0ccd0000f333 0310 0000 fdef"
    assert "acc_g" in Readings(PROFILES["shimmer3"], {}).feed(bytes.fromhex(whole))
    told = Readings(PROFILES["shimmer3"], {}).feed(bytes.fromhex(whole + "ab"))
    assert told == {"error": "1 byte of no frame"}


FRAGMENTED = [n for n, p in PROFILES.items() if any(s.fragments for s in p.data.streams.values())]


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_messages_in_parts_are_whole_or_nothing(data: st.DataObject) -> None:
    profile = PROFILES[data.draw(st.sampled_from(FRAGMENTED))]
    encoder, decoder = Encoder(profile, {}), Decoder(profile, {})
    layout = next(x for x in decoder.layouts if x.timing)
    n = layout.per_packet
    t_s, acc_g = np.arange(5 * n) / 50, np.random.default_rng(1).uniform(-1, 1, (5 * n, 3))
    packets = [p for _, p in encoder.encode(0, t_s, acc_g, acc_g)]
    parts = len(packets) // 5
    assert parts > 1
    lost = data.draw(st.sets(st.integers(0, len(packets) - 1), max_size=4))
    # an end and the next beginning lost together leave two halves that nothing in the bytes tells apart
    lost -= {i for i in lost if i % parts == 0 and i - 1 in lost}
    received = []
    for i, packet in enumerate(packets):
        if i not in lost:
            try:
                received += decoder.feed(layout.char, packet)
            except PacketError:
                continue
    whole = [m for m in range(5) if not any(m * parts + k in lost for k in range(parts))]
    assert [f.ticks for f in received] == [round(20 * m * n) for m in whole]
    for frame, m in zip(received, whole, strict=True):
        assert np.allclose(frame.acc_g, acc_g[m * n : (m + 1) * n], atol=1e-5)


def is_byte_stream(profile: Profile) -> bool:
    """Whether notifications may be cut anywhere: those with bytes of their own in front may not."""
    frames = [x.frame for x in Decoder(profile, {}).layouts if x.timing and x.asked]
    return bool(frames) and all(f is not None and f.straddles and not f.before for f in frames)


STRADDLING = [name for name, profile in PROFILES.items() if is_byte_stream(profile)]


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_byte_stream_cut_anywhere_gives_the_same_samples(data: st.DataObject) -> None:
    profile = PROFILES[data.draw(st.sampled_from(STRADDLING))]
    encoder = Encoder(profile, {})
    n = 3 * max(layout.per_packet for layout in Decoder(profile, {}).layouts)
    acc_g = np.random.default_rng(data.draw(st.integers(0, 99))).uniform(-1, 1, (n, 3))
    sent = encoder.encode(0, np.arange(n) / 100, acc_g, 50 * acc_g)
    (char,) = {char for char, _ in sent}
    stream = b"".join(payload for _, payload in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    ways = [[0, len(stream)], [0, *cuts, len(stream)], list(range(len(stream) + 1))]
    told = []
    for edges in ways:
        decoder = Decoder(profile, {})
        parts = [stream[a:b] for a, b in pairwise(edges)]
        frames = [f for part in parts for f in decoder.feed(char, part)]
        told.append([(f.ticks, f.sequence, None if f.acc_g is None else f.acc_g.tolist()) for f in frames])
    assert told[0] == told[1] == told[2]
    assert sum(len(rows or []) for _, _, rows in told[0]) == n


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_byte_stream_gives_the_same_samples_whole_and_byte_by_byte(data: st.DataObject) -> None:
    profile = PROFILES[data.draw(st.sampled_from(STRADDLING))]
    n = 2 * max(layout.per_packet for layout in Decoder(profile, {}).layouts)
    acc_g = np.random.default_rng(data.draw(st.integers(0, 99))).uniform(-1, 1, (n, 3))
    sent = Encoder(profile, {}).encode(0, np.arange(n) / 100, acc_g, 50 * acc_g)
    stream = b"".join(payload for _, payload in sent)
    at, lost = data.draw(st.integers(0, len(stream))), data.draw(st.integers(0, 8))
    stream = stream[:at] + data.draw(st.binary(max_size=12)) + stream[at + lost :]
    edges = sorted({0, len(stream), *data.draw(st.lists(st.integers(0, len(stream)), max_size=4))})
    told = []
    for ends in (edges, range(len(stream) + 1)):
        decoder = Decoder(profile, {})
        found = [every_frame(decoder, sent[0][0], stream[a:b]) for a, b in pairwise(ends)]
        told.append([(f.ticks, None if f.acc_g is None else f.acc_g.tolist()) for part in found for f in part])
    assert told[0] == told[1]


def every_frame(decoder: Decoder, char: str, payload: bytes) -> list[Decoded]:
    try:
        return decoder.feed(char, payload)
    except PacketError as error:
        return error.frames


def test_profiles_say_how_sure_they_are_and_what_a_device_cannot(profile: Profile) -> None:
    data = profile.data
    assert data.sources
    assert data.firmware
    assert data.limits.about
    assert data.golden
    slow = not profile.broadcasts and max(_rates(profile)) <= 25
    assert not slow or any("slow" in line for line in data.limits.about), "too slow for steps"
    assert data.grade != "A" or any(g.basis in ("vendor", "captured") for g in data.golden)


def _rates(profile: Profile) -> list[float]:
    rates = [float(c["rate_hz"]) for c in variations(profile.told({}).data) if "rate_hz" in c]
    return rates or [t.rate_hz for t in Decoder(profile, {}).timings]
