"""What goes wrong on a link and in a device, and what the stream makes of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from footsense.stream import Stage
from footsense.types import (
    INTERPOLATED,
    Decoded,
    Floats,
    Gap,
    Item,
    RawPacket,
    Samples,
    StreamInfo,
    StreamTiming,
)

RATE = 100.0
N = 5
NEITHER = StreamTiming("imu", carries_acc=True, carries_gyr=False, rate_hz=RATE)
TICKS = replace(NEITHER, tick_s=0.001, tick_modulus=65536)
NUMBERS = replace(NEITHER, sequence_modulus=256)
BOTH = replace(TICKS, sequence_modulus=256)
KEYED = {"ticks": TICKS, "numbers": NUMBERS, "both": BOTH}
Sent = tuple[float, Decoded]


class Device:
    """Sends frames whose first axis is the true time of each sample."""

    def __init__(self, timing: StreamTiming, rate_hz: float = RATE, n: int = N) -> None:
        self.timing, self.rate_hz, self.n = timing, rate_hz, n
        self.now_s = 0.0
        self.tick0_s = 0.0
        self.number = 0

    def send(self, count: int, delay_s: float = 0.02) -> list[Sent]:
        return [self.frame(delay_s) for _ in range(count)]

    def frame(self, delay_s: float) -> Sent:
        t_s = self.now_s + np.arange(self.n) / self.rate_hz
        ticks = round((t_s[0] - self.tick0_s) * 1000) % 65536
        sent = Decoded(
            "imu",
            acc_g=np.stack([t_s, np.sin(t_s), np.cos(t_s)], axis=1),
            ticks=ticks if self.timing.tick_s else None,
            sequence=self.number % 256 if self.timing.sequence_modulus else None,
        )
        self.number += 1
        self.now_s += self.n / self.rate_hz
        return float(t_s[-1]) + delay_s, sent

    def restart(self, off_s: float) -> None:
        self.now_s += off_s
        self.tick0_s, self.number = self.now_s - 0.123, 3


def through(timing: StreamTiming, sent: Sequence[Sent]) -> list[Item]:
    stage = Stage([timing])
    out: list[Item] = []
    arrival = 0.0
    for host_s, decoded in sent:
        arrival = max(arrival, host_s)
        out += stage.process(RawPacket("s", "c", round(arrival * 1e9), b""), [decoded])
    return out + stage.flush()


def real(items: Sequence[Item]) -> tuple[Floats, Floats]:
    """Stream time and true time of what was received."""
    parts = [i for i in items if isinstance(i, Samples)]
    t_s, truth, flags = (
        np.concatenate([getattr(p, a) if a != "acc_g" else p.acc_g[:, 0] for p in parts])
        for a in ("t_s", "acc_g", "flags")
    )
    assert (np.diff(t_s) > 0).all()
    return t_s[(flags & INTERPOLATED) == 0], truth[(flags & INTERPOLATED) == 0]


def infos(items: Sequence[Item]) -> list[float]:
    return [i.rate_hz for i in items if isinstance(i, StreamInfo)]


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("unheard", [1, 37, 255, 300])
def test_a_stream_begins_with_what_is_heard_first(name: str, unheard: int) -> None:
    """What was sent before the subscription is not missed, whatever number or stamp comes first."""
    device = Device(KEYED[name])
    device.send(unheard)
    items = through(KEYED[name], device.send(100))
    t_s, truth = real(items)
    assert (len(t_s), t_s[0], infos(items)) == (100 * N, 0.0, [RATE])
    assert not [i for i in items if isinstance(i, Gap)]
    assert t_s == pytest.approx(truth - truth[0], abs=0.02)


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("off_s", [0.5, 8.0, 100.0])
def test_a_device_that_starts_anew_is_a_new_segment(name: str, off_s: float) -> None:
    device = Device(KEYED[name])
    sent = device.send(200)
    device.restart(off_s)
    sent += device.send(200)
    items = through(KEYED[name], sent)
    t_s, truth = real(items)
    assert len(t_s) == 400 * N
    assert [i for i in items if isinstance(i, Gap)]
    assert infos(items) == [RATE, RATE]
    # 8 bits alone cannot tell 59 lost frames and a late one from a new count: arrivals do, 4 s later
    later = truth > (truth[200 * N] + 4 if name == "numbers" else 0)
    assert t_s[later] == pytest.approx(truth[later], abs=0.05)


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("off_s", [1.0, 15.0, 200.0])
def test_a_lost_link_is_a_gap_of_the_right_length(name: str, off_s: float) -> None:
    device = Device(KEYED[name])
    sent = device.send(200)
    device.send(round(off_s * RATE / N))
    items = through(KEYED[name], sent + device.send(200))
    t_s, truth = real(items)
    assert len(t_s) == 400 * N
    assert t_s == pytest.approx(truth, abs=0.05)
    assert len([i for i in items if isinstance(i, Gap)]) == 1


@pytest.mark.parametrize("name", [*KEYED, "neither"])
def test_a_radio_that_stalls_and_catches_up_loses_nothing(name: str) -> None:
    timing = {**KEYED, "neither": NEITHER}[name]
    device = Device(timing)
    sent = device.send(300) + [(device.now_s + 3.0, f[1]) for f in device.send(60)] + device.send(300)
    items = through(timing, sent)
    t_s, truth = real(items)
    assert len(t_s) == 660 * N
    assert not [i for i in items if isinstance(i, Gap)]
    assert t_s == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("after", [300, 3])  # and where the end comes before it is sure
def test_a_silence_without_numbers_or_stamps_is_a_gap(after: int) -> None:
    device = Device(NEITHER)
    sent = device.send(300)
    device.send(100)
    items = through(NEITHER, sent + device.send(after))
    t_s, truth = real(items)
    assert len(t_s) == (300 + after) * N
    assert len([i for i in items if isinstance(i, Gap)]) == 1
    assert t_s == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("name", [*KEYED, "neither"])
def test_notifications_that_come_twice_count_once(name: str) -> None:
    timing = {**KEYED, "neither": NEITHER}[name]
    device = Device(timing)
    sent = device.send(100) + [f for f in device.send(100) for _ in range(2)]
    t_s, truth = real(through(timing, sent))
    assert len(t_s) == 200 * N
    assert t_s == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("name", KEYED)
def test_the_last_packets_repeated_after_a_reconnection(name: str) -> None:
    device = Device(KEYED[name])
    sent = device.send(100)
    device.send(40)
    again = [(device.now_s, f[1]) for f in sent[-6:]]
    t_s, truth = real(through(KEYED[name], sent + again + device.send(100)))
    assert len(t_s) == 200 * N
    assert t_s == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("name", [*KEYED, "neither"])
@pytest.mark.parametrize("new", [50.0, 208.0])
def test_a_lasting_change_of_rate_is_a_new_segment(name: str, new: float) -> None:
    timing = {**KEYED, "neither": NEITHER}[name]
    device = Device(timing)
    sent = device.send(300)
    device.rate_hz = new
    items = through(timing, sent + device.send(round(30 * new / N)))
    rates = infos(items)
    assert rates[0] == RATE
    assert rates[-1] == pytest.approx(new, rel=0.03)
    t_s, truth = real(items)
    later = truth > 30
    assert np.diff(t_s[later]) == pytest.approx(1 / new, rel=0.06)
    if timing.tick_s is not None:
        assert t_s[later] - truth[later] == pytest.approx(t_s[0] - truth[0], abs=0.01)


@pytest.mark.parametrize("name", KEYED)
def test_one_wild_stamp_is_not_believed(name: str) -> None:
    device = Device(KEYED[name])
    sent = device.send(200)
    host_s, wild = device.frame(0.02)
    wild = structs.replace(
        wild,
        ticks=None if wild.ticks is None else (wild.ticks + 20_000) % 65536,
        sequence=None if wild.sequence is None else (wild.sequence + 100) % 256,
    )
    t_s, truth = real(through(KEYED[name], [*sent, (host_s, wild), *device.send(200)]))
    assert t_s == pytest.approx(truth, abs=0.03)
    assert len(t_s) in {400 * N, 401 * N}


@pytest.mark.parametrize("off_s", [-0.05, -0.1, -0.4, -0.6, -5.0, -20.0, 3.0, 20.0])
@pytest.mark.parametrize("name", ["ticks", "both"])
def test_a_device_whose_clock_is_set_goes_on_at_its_pace(name: str, off_s: float) -> None:
    device = Device(KEYED[name])
    sent = device.send(200)
    device.tick0_s -= off_s
    items = through(KEYED[name], sent + device.send(200))
    t_s, truth = real(items)
    assert len(t_s) == 400 * N
    assert not [i for i in items if isinstance(i, Gap)]
    assert t_s == pytest.approx(truth, abs=0.06)
    assert np.diff(t_s).min() > 0.6 / RATE


def test_what_is_no_number_is_a_hole() -> None:
    device = Device(BOTH)
    sent = device.send(100)
    bad = sent[50][1]
    assert bad.acc_g is not None
    broken = bad.acc_g.copy()
    broken[2, 1] = np.nan
    sent[50] = sent[50][0], structs.replace(bad, acc_g=broken)
    items = through(BOTH, sent)
    flags = np.concatenate([i.flags for i in items if isinstance(i, Samples)])
    assert np.flatnonzero(flags & INTERPOLATED).tolist() == [50 * N + 2]


@pytest.mark.parametrize("error", [-0.015, 0.015])
@pytest.mark.parametrize("name", ["ticks", "numbers", "neither"])
def test_stream_time_follows_the_device_and_not_the_nominal_rate(name: str, error: float) -> None:
    """Bounds: 2 ms with stamps; without them 25 ms on any 5 s after the first 10 s, arrivals being late by up
    to 60 ms and more."""
    timing = {**KEYED, "neither": NEITHER}[name]
    device = Device(timing, RATE * (1 + error))
    rng = np.random.default_rng(3)
    sent = [(h + float(rng.exponential(0.02)), d) for h, d in device.send(1600)]
    t_s, truth = real(through(timing, sent))
    settled = truth > 10
    off = (t_s - truth)[settled]
    assert np.ptp(off) < (0.002 if timing.tick_s else 0.025)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_grouping_into_packets_changes_nothing(data: st.DataObject) -> None:
    device = Device(BOTH)
    lost = data.draw(st.sets(st.integers(1, 99), max_size=20))
    sent = [f for k, f in enumerate(device.send(100)) if k not in lost]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=40)))
    groups = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]

    def run(*, together: bool) -> list[Item]:
        stage, out = Stage([BOTH]), []
        for group in groups:
            packet = RawPacket("s", "c", round(group[0][0] * 1e9), b"")
            calls = [[d for _, d in group]] if together else [[d] for _, d in group]
            for frames in calls:
                out += stage.process(packet, frames)
        return out + stage.flush()

    one, many = run(together=True), run(together=False)
    assert np.array_equal(real(one)[0], real(many)[0])
    assert np.array_equal(real(one)[1], real(many)[1])
    assert [i for i in one if not isinstance(i, Samples)] == [i for i in many if not isinstance(i, Samples)]


@pytest.mark.parametrize("timing", [TICKS, NUMBERS, BOTH, NEITHER], ids=["ticks", "numbers", "both", "neither"])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_stamps_numbers_and_arrivals_keep_the_rules(timing: StreamTiming, seed: int) -> None:
    """A third of the packets lie about their place, some come late by minutes, are empty or hold no number."""
    rng = np.random.default_rng(seed)
    stage, out, host_ns = Stage([timing]), [], 10**12
    for k in range(40):
        host_ns += int(rng.choice([0, 1_000_000, 50_000_000, 3_000_000_000, 90_000_000_000]))
        rows = rng.normal(0, 1, (int(rng.integers(0, 8)), 3))
        rows[rng.random(rows.shape) < 0.01] = np.nan
        lies = rng.random() < 0.3
        sent = Decoded(
            "imu",
            acc_g=rows,
            ticks=(int(rng.integers(65536)) if lies else host_ns // 1_000_000 % 65536)
            if timing.tick_s
            else None,
            sequence=(int(rng.integers(256)) if lies else k % 256) if timing.sequence_modulus else None,
        )
        out += stage.process(RawPacket("s", "c", host_ns, b""), [sent] * int(rng.integers(1, 3)))
    out += stage.flush()
    place: int | None = None
    last_s = -1.0
    for item in out:
        if isinstance(item, Samples):
            assert place in (None, item.first)
            assert item.t_s[0] > last_s
            assert (np.diff(item.t_s) > 0).all()
            assert np.isfinite(item.acc_g).all()
            place, last_s = item.first + len(item), float(item.t_s[-1])
        else:
            place = None
