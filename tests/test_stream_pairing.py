"""Accelerometer and gyro on characteristics of their own become one stream."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from footsense.stream import Stage
from footsense.types import INTERPOLATED, Decoded, Gap, Item, RawPacket, Samples, StreamInfo, StreamTiming

RATE = 50.0
Sent = tuple[float, Decoded]  # arrival in s, frame


def timing(name: str, *, ticks: bool = True, numbers: bool = False) -> StreamTiming:
    return StreamTiming(
        name,
        carries_acc=name == "acc",
        carries_gyr=name == "gyr",
        rate_hz=RATE,
        tick_s=0.001 if ticks else None,
        tick_modulus=65536 if ticks else None,
        sequence_modulus=256 if numbers else None,
    )


def frames(name: str, count: int, n: int, shift_s: float = 0.0, *, numbers: bool = False) -> list[Sent]:
    """Frames whose values are linear in time, so that an interpolated one is known."""
    out = []
    for k in range(count):
        t_s = (k * n + np.arange(n)) / RATE + shift_s
        rows = np.stack([t_s, 2 * t_s, -t_s], axis=1)
        decoded = Decoded(
            name,
            acc_g=rows if name == "acc" else None,
            gyr_dps=rows if name == "gyr" else None,
            ticks=round(t_s[0] * 1000 + 64000) % 65536,
            sequence=k % 256 if numbers else None,
        )
        out.append((float(t_s[-1]) + 0.02, decoded))
    return out


def through(sent: Sequence[Sent], *, ticks: bool = True, numbers: bool = False) -> list[Item]:
    both = [timing("acc", ticks=ticks, numbers=numbers), timing("gyr", ticks=ticks, numbers=numbers)]
    stage = Stage(both)
    out: list[Item] = []
    arrival = 0.0
    for host_s, decoded in sent:
        arrival = max(arrival, host_s)
        out += stage.process(RawPacket("s", decoded.stream, round(arrival * 1e9), b""), [decoded])
    return out + stage.flush()


def joined(items: Sequence[Item]) -> Samples:
    parts = [i for i in items if isinstance(i, Samples)]
    gyr = [p.gyr_dps for p in parts if p.gyr_dps is not None]
    return Samples(
        0,
        np.concatenate([p.t_s for p in parts]),
        np.concatenate([p.acc_g for p in parts]),
        np.concatenate(gyr) if len(gyr) == len(parts) else None,
        np.concatenate([p.flags for p in parts]),
    )


@pytest.mark.parametrize("shift_s", [0.0, 0.007, -0.013])
@pytest.mark.parametrize(("acc_n", "gyr_n"), [(1, 1), (5, 5), (3, 8), (8, 1)])
def test_gyro_is_laid_onto_the_accelerometers_times(shift_s: float, acc_n: int, gyr_n: int) -> None:
    sent = frames("acc", 600 // acc_n, acc_n, 1.0) + frames("gyr", 600 // gyr_n, gyr_n, 1.0 + shift_s)
    items = through(sorted(sent, key=lambda s: s[0]))
    assert items[0] == StreamInfo(RATE, has_gyro=True)
    assert not [i for i in items[1:] if not isinstance(i, Samples)]
    whole = joined(items)
    assert whole.t_s[0] == 0
    assert len(whole) == pytest.approx(600, abs=2 + max(acc_n, gyr_n))
    assert whole.gyr_dps is not None
    assert whole.gyr_dps == pytest.approx(whole.acc_g, abs=2e-3)
    assert not whole.flags.any()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_order_of_arrival_of_the_two_changes_nothing(data: st.DataObject) -> None:
    acc, gyr = frames("acc", 60, 5, 1.0), frames("gyr", 60, 5, 1.003)
    late = data.draw(st.lists(st.floats(0, 0.18), min_size=120, max_size=120))
    straight = sorted(acc + gyr, key=lambda s: s[0])
    shuffled = sorted(
        ((s[0] + 0.0 * d, s[1], s[0] + d) for s, d in zip(straight, late, strict=True)), key=lambda s: s[2]
    )
    a = joined(through(straight))
    b = joined(through([(s[0], s[1]) for s in shuffled]))
    assert np.array_equal(a.acc_g, b.acc_g)
    assert a.t_s == pytest.approx(b.t_s, abs=1e-9)
    assert a.gyr_dps is not None
    assert b.gyr_dps is not None
    assert a.gyr_dps == pytest.approx(b.gyr_dps, abs=1e-9)


def without(sent: Sequence[Sent], name: str, start_s: float, end_s: float) -> list[Sent]:
    ordered = sorted(sent, key=lambda s: s[0])
    return [s for s in ordered if not (s[1].stream == name and start_s <= s[0] < end_s)]


@pytest.mark.parametrize("name", ["acc", "gyr"])
def test_a_hole_in_either_is_a_hole(name: str) -> None:
    sent = frames("acc", 200, 5) + frames("gyr", 200, 5)
    short = through(without(sent, name, 5.0, 5.15))
    assert not [i for i in short if isinstance(i, Gap)]
    assert 1 <= int((joined(short).flags & INTERPOLATED).sum()) <= 12
    (gap,) = [i for i in through(without(sent, name, 5.0, 5.75)) if isinstance(i, Gap)]
    assert gap.start_s == pytest.approx(4.88, abs=0.001)
    assert gap.end_s == pytest.approx(5.7, abs=0.001)


def test_a_gyro_that_never_comes_is_done_without() -> None:
    items = through(frames("acc", 200, 5))
    assert items[0] == StreamInfo(RATE, has_gyro=False)
    assert len(joined(items)) == 1000


def test_a_gyro_that_goes_and_comes_back_makes_segments() -> None:
    sent = frames("acc", 300, 5) + frames("gyr", 300, 5)
    items = through(without(sent, "gyr", 10, 20))
    assert [i.has_gyro for i in items if isinstance(i, StreamInfo)] == [True, False, True]
    whole = joined(items)
    assert (np.diff(whole.t_s) > 0).all()
    assert len(whole) > 1500 - 250


def test_neither_numbers_nor_stamps() -> None:
    sent = frames("acc", 400, 1) + frames("gyr", 400, 1)
    whole = joined(through(sorted(sent, key=lambda s: s[0]), ticks=False))
    assert whole.gyr_dps is not None
    assert len(whole) >= 395
    assert whole.gyr_dps == pytest.approx(whole.acc_g, abs=0.03)


def test_ticks_that_wrap_between_the_first_two() -> None:
    acc, gyr = frames("acc", 100, 5, 1.53), frames("gyr", 100, 5, 1.537)  # 65 530 and 1 of 65 536
    for first in (acc, gyr):
        sent = sorted(acc + gyr, key=lambda s: (s[0] // 0.1, s[1].stream != first[0][1].stream))
        whole = joined(through(sent))
        assert whole.gyr_dps is not None
        assert len(whole) >= 490
        assert whole.gyr_dps == pytest.approx(whole.acc_g, abs=2e-3)


@pytest.mark.parametrize(("off_s", "back_s"), [(0.0, 0.4), (1.0, 45.0), (0.0, -3.0)])
def test_a_clock_that_is_set_is_set_for_both(off_s: float, back_s: float) -> None:
    """Both know no numbers; the arrivals, by which the hole is measured, are not the same for them."""
    rng = np.random.default_rng(2)
    sent: list[Sent] = []
    for name in ("acc", "gyr"):
        for k, (_, decoded) in enumerate(frames(name, 200, 5)):
            later = k >= 100
            t_s = k * 5 / RATE + np.arange(5) / RATE + off_s * later
            rows = np.stack([t_s, 2 * t_s, -t_s], axis=1)
            ticks = round((t_s[0] + 60 - back_s * later) * 1000) % 65536
            acc, gyr = (rows, None) if name == "acc" else (None, rows)
            now = structs.replace(decoded, acc_g=acc, gyr_dps=gyr, ticks=ticks)
            sent.append((float(t_s[-1] + 0.02 + rng.exponential(0.02)), now))
    stage, out = Stage([timing("acc"), timing("gyr")]), []
    for host_s, decoded in sorted(sent, key=lambda s: s[0]):
        out += stage.process(RawPacket("s", "c", round(host_s * 1e9), b""), [decoded])
    parts = [i for i in out + stage.flush() if isinstance(i, Samples) and i.gyr_dps is not None]
    assert sum(len(p) for p in parts) > 900
    for p in parts:
        assert p.gyr_dps is not None
        assert p.gyr_dps == pytest.approx(p.acc_g, abs=0.003)
