"""The laws of the stream stage: order of arrival, repeats, losses and counters that wrap."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from footsense.devices import Encoder, load_profile
from footsense.stream import Pipeline, Stage
from footsense.types import (
    INTERPOLATED,
    Decoded,
    Floats,
    Gap,
    Item,
    RawPacket,
    Samples,
    SensorMeta,
    StreamInfo,
    StreamTiming,
)

RATE = 100.0
N = 5  # samples a frame
FRAME_S = N / RATE
Sent = tuple[float, Decoded]  # arrival in s, frame

BOTH = StreamTiming("imu", carries_acc=True, carries_gyr=True, rate_hz=RATE)
TICKS = replace(BOTH, tick_s=0.001, tick_modulus=4096)
NUMBERS = replace(BOTH, sequence_modulus=256)
COUNTS = replace(BOTH, sequence_modulus=1024, sequence_counts="samples")
ALL = replace(TICKS, sequence_modulus=64)
LAST = replace(TICKS, anchor="last")
KEYED = {"ticks": TICKS, "numbers": NUMBERS, "counts": COUNTS, "all": ALL, "last": LAST}


def frame(timing: StreamTiming, k: int, offset: int = 0) -> Sent:
    """Frame k: its samples carry their own index, so that each can be told in what comes out."""
    index = k * N + np.arange(N, dtype=float)
    rows = np.stack([index, -index, index / 7], axis=1)
    anchor = index[0] if timing.anchor == "first" else index[-1]
    number = k if timing.sequence_counts == "packets" else k * N
    sent = Decoded(
        timing.stream,
        acc_g=rows if timing.carries_acc else None,
        gyr_dps=2 * rows if timing.carries_gyr else None,
        ticks=None
        if timing.tick_s is None
        else (round(anchor / RATE * 1000) + offset) % (timing.tick_modulus or 1),
        sequence=None if timing.sequence_modulus is None else (number + offset) % timing.sequence_modulus,
    )
    return (k + 1) * FRAME_S + 0.02, sent


def through(timings: Sequence[StreamTiming], sent: Sequence[Sent]) -> list[Item]:
    stage = Stage(timings)
    out: list[Item] = []
    arrival = 0.0
    for host_s, decoded in sent:
        arrival = max(arrival, host_s)
        out += stage.process(RawPacket("s", "c", 10**12 + round(arrival * 1e9), b""), [decoded])
    return out + stage.flush()


def joined(items: Sequence[Item]) -> tuple[Floats, Floats, Floats, Floats]:
    """Times, indices, flags and numbers on the grid of all samples."""
    parts = [i for i in items if isinstance(i, Samples)]
    return (
        np.concatenate([p.t_s for p in parts]),
        np.concatenate([p.acc_g[:, 0] for p in parts]),
        np.concatenate([p.flags for p in parts]),
        np.concatenate([p.first + np.arange(len(p)) for p in parts]),
    )


def same(a: Sequence[Item], b: Sequence[Item]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(joined(a), joined(b), strict=True)) and (
        [i for i in a if not isinstance(i, Samples)] == [i for i in b if not isinstance(i, Samples)]
    )


def check_rules(items: Sequence[Item]) -> None:
    """What holds of every stream: it opens, t_s grows, the index goes on by one or there is a Gap."""
    assert isinstance(items[0], StreamInfo)
    t_s, _, _, _ = joined(items)
    assert t_s[0] == 0
    assert (np.diff(t_s) > 0).all()
    expected: int | None = None
    for item in items:
        if isinstance(item, Samples):
            assert expected in (None, item.first)
            expected = item.first + len(item)
        else:
            expected = None


@pytest.mark.parametrize("timing", [*KEYED.values(), BOTH], ids=[*KEYED, "neither"])
def test_a_clean_stream_comes_through_as_it_is(timing: StreamTiming) -> None:
    items = through([timing], [frame(timing, k) for k in range(2000)])
    check_rules(items)
    t_s, index, flags, place = joined(items)
    assert np.array_equal(index, np.arange(2000 * N))
    assert np.array_equal(place, index)
    assert not flags.any()
    assert t_s == pytest.approx(index / RATE, abs=1e-6)
    assert items[0] == StreamInfo(RATE, has_gyro=True)
    assert len([i for i in items if not isinstance(i, Samples)]) == 1


@pytest.mark.parametrize("name", KEYED)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_order_of_arrival_and_repeats_change_nothing(name: str, data: st.DataObject) -> None:
    timing = KEYED[name]
    offset = data.draw(st.integers(0, 4095))
    sent = [frame(timing, k, offset) for k in range(80)]
    late = data.draw(st.lists(st.integers(0, 2), min_size=80, max_size=80))
    order = sorted(range(80), key=lambda k: (k + late[k], k))
    twice = data.draw(st.sets(st.integers(0, 79), max_size=20))
    shuffled = [(k * FRAME_S, sent[i][1]) for k, i in enumerate(order) for _ in range(1 + (i in twice))]
    straight = [(k * FRAME_S, s[1]) for k, s in enumerate(sent)]
    _, index, flags, _ = joined(through([timing], shuffled))
    assert np.array_equal(index, np.arange(80 * N))
    assert not flags.any(), "what was left out would be filled by the very same numbers"
    check_rules(through([timing], shuffled))
    if timing.tick_s is not None:
        assert joined(through([timing], shuffled))[0] == pytest.approx(joined(through([timing], straight))[0])


@pytest.mark.parametrize("name", KEYED)
@settings(max_examples=20, deadline=None)
@example(lost={1, 2, 4, 11, 12, 14}, offset=0)
@given(lost=st.sets(st.integers(1, 118), max_size=60), offset=st.integers(0, 4095))
def test_losses_are_filled_or_announced_and_nothing_is_invented(name: str, lost: set[int], offset: int) -> None:
    timing = KEYED[name]
    items = through([timing], [frame(timing, k, offset) for k in range(120) if k not in lost])
    check_rules(items)
    t_s, index, flags, _ = joined(items)
    real = index[(flags & INTERPOLATED) == 0]
    kept = [k for k in range(120) if k not in lost]
    assert np.array_equal(real, np.concatenate([k * N + np.arange(N) for k in kept]))
    assert index == pytest.approx(t_s * RATE, abs=1e-3 * RATE)
    gaps = [i for i in items if isinstance(i, Gap)]
    long = [(a, b) for a, b in pairwise(kept) if (b - a - 1) * N + 1 > 25]
    assert [(g.start_s, g.end_s) for g in gaps] == [
        pytest.approx(((a * N + N - 1) / RATE, b * N / RATE), abs=1e-3) for a, b in long
    ]


@pytest.mark.parametrize(
    ("name", "sent", "known"),
    [
        ("witmotion-wt901ble", {"firmware_bytes": 28}, {}),
        ("witmotion-wt901ble", {}, {"firmware_bytes": 28}),
        ("polar-pmd", {"gyro": 1}, {"gyro": 0, "rate_hz": 50}),  # an OH1: compressed, and no gyroscope
    ],
)
def test_a_form_that_nobody_asked_for_is_taken_where_it_alone_comes(
    name: str, sent: dict[str, float], known: dict[str, float]
) -> None:
    profile = load_profile(name)
    pipeline, encoder = Pipeline(SensorMeta("s", profile.text, known)), Encoder(profile, sent)
    rate_hz = float(encoder.settings["rate_hz"])
    truth = np.random.default_rng(1).uniform(-1, 1, (600, 3))
    packets = encoder.encode(0, np.arange(600) / rate_hz, truth, truth)
    items = [
        item
        for i, (char, payload) in enumerate(packets)
        for item in pipeline.process(
            RawPacket("s", char, 10**12 + round(6e8 * i / len(packets) / rate_hz * 1e3), payload)
        )
    ]
    got = sum(len(i) for i in [*items, *pipeline.flush()] if isinstance(i, Samples))
    assert (
        600 - 2.5 * rate_hz < got <= 600
    )  # what came in the first second is taken for the rest of another run
    assert pipeline.bad_packets == 0


def test_what_nobody_asked_for_is_left_where_something_else_comes() -> None:
    stage = Stage([BOTH], others=[replace(BOTH, stream="other")])
    sent = [frame(BOTH, k) for k in range(4)]
    sent += [frame(replace(BOTH, stream="other"), k) for k in range(4, 80)]
    items: list[Item] = []
    for host_s, decoded in sent:
        items += stage.process(RawPacket("s", "c", round(host_s * 1e9), b""), [decoded])
    assert sum(len(i) for i in [*items, *stage.flush()] if isinstance(i, Samples)) == 4 * N
