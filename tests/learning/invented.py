"""Layouts that no maker has: drawn at random, packed here with struct and numpy alone, with what spoils them.

Drawn are: bytes in front (constant, a battery that falls, noise), counter, clock, number types, byte order,
scales, which way round the axes lie, samples in a packet, records or planes, a magnetometer, a quaternion or a
temperature beside, a checksum, a gyroscope in the same packet, in packets of its own, or none; and of the
sensor its rate, noise, offsets (50 mg, rms), scales of axes (3 %) and lost packets.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from footsense.devices.learning import Capture, Place
from tests.learning.devices import delivered
from tests.learning.session import Floats, Session, session

CHAR = "d3a10002-7c41-4d2e-9b36-2ee1d0a4c853"
GYRO_CHAR = "d3a10003-7c41-4d2e-9b36-2ee1d0a4c853"
SERVICE = "d3a10001-7c41-4d2e-9b36-2ee1d0a4c853"
G, RADIAN = 9.80665, 180 / np.pi


@dataclass
class Part:
    """A channel: numpy type (or i24, i24be), counts of a unit, the number that means 0, and the order and signs
    of its axes in the packet."""

    kind: str
    counts: float
    zero: float
    order: tuple[int, int, int]
    signs: Floats

    @property
    def size(self) -> int:
        return 3 if self.kind.startswith("i24") else np.dtype(self.kind).itemsize

    def packed(self, values: Floats) -> tuple[np.ndarray, Floats]:
        """Bytes (n, 3 * size), and what they say in units and as they were measured."""
        raw = values[:, self.order] * self.signs * self.counts + self.zero
        if self.kind.startswith("i24"):
            whole = np.clip(np.rint(raw), -(2**23), 2**23 - 1).astype(">i4" if "be" in self.kind else "<i4")
            data = np.ascontiguousarray(whole).view(np.uint8).reshape(len(raw), 3, 4)
            data = data[:, :, 1:] if "be" in self.kind else data[:, :, :3]
            kept: Floats = whole.astype(float)
        else:
            made = np.dtype(self.kind)
            if made.kind in "iu":
                span = np.iinfo(made)
                raw = np.clip(np.rint(raw), float(span.min), float(span.max))
            whole = np.ascontiguousarray(raw.astype(made))
            data, kept = whole.view(np.uint8).reshape(len(raw), 3, -1), whole.astype(float)
        says = np.empty_like(values)
        says[:, self.order] = (kept - self.zero) / self.counts * self.signs
        return data.reshape(len(raw), -1), says


@dataclass
class Invented:
    """A capture, what its samples are in units, and the unit's own mean scales."""

    capture: Capture
    acc_g: Floats
    gyr_dps: Floats | None
    own: tuple[float, float]
    words: str
    facts: dict[str, object] = field(default_factory=dict)


def invented(seed: int) -> Invented:
    """The layout and the lesson of a seed."""
    rng = np.random.default_rng([seed, 4711])
    rate_hz = float(rng.choice([25, 50, 52, 62.5, 100, 104, 119, 200, 400]))
    count = int(rng.choice([1, 1, 1, 2, 3, 4, 5, 8, 10])) if rate_hz > 30 else 1
    gyro = str(rng.choice(["beside", "beside", "apart", "none"]))
    what = session(rng, rate_hz, positions=int(rng.integers(6, 9)))
    acc_error, gyr_error = (1 + rng.uniform(-0.03, 0.03, 3) for _ in range(2))
    acc = (
        what.acc_g * acc_error
        + rng.normal(0, 0.05, 3)
        + rng.normal(0, rng.uniform(0.001, 0.008), what.acc_g.shape)
    )
    gyr = (
        what.gyr_dps * gyr_error
        + rng.normal(0, 1.5, 3)
        + rng.normal(0, rng.uniform(0.03, 0.3), what.gyr_dps.shape)
    )
    order, signs = _mounting(rng)
    acc_part, gyr_part = _acc(rng, order, signs), _gyr(rng, order, signs)
    channels: list[tuple[str, Part, Floats]] = [("acc", acc_part, acc)]
    if gyro == "beside":
        channels.insert(int(rng.integers(0, 2)), ("gyr", gyr_part, gyr))
    packets, says = _stream(rng, what, channels, count, rate_hz, CHAR)
    gyr_says = says.get("gyr")
    words = f"{rate_hz:g} Hz x{count} acc {acc_part.kind}/{acc_part.counts:.5g}/{acc_part.zero:g}"
    if gyro == "apart":
        same = bool(rng.integers(0, 2))
        apart, told = _stream(rng, what, [("gyr", gyr_part, gyr)], count, rate_hz, CHAR if same else GYRO_CHAR)
        gyr_says = told["gyr"]
        if same:
            packets, apart = (
                [(t, c, b"\xa1" + p) for t, c, p in packets],
                [(t, c, b"\xa7" + p) for t, c, p in apart],
            )
        packets = sorted([*packets, *apart], key=lambda p: p[0])
        words += " on one characteristic" if same else " on two"
    if gyro != "none":
        words += f" gyr {gyro} {gyr_part.kind}/{gyr_part.counts:.5g}"
    places = {c: Place(SERVICE) for c in (CHAR, GYRO_CHAR)}
    capture = Capture(delivered(rng, packets), "Invented", places)
    own = float(acc_error.mean()), float(gyr_error.mean())
    return Invented(capture, says["acc"], gyr_says, own, words)


def _mounting(rng: np.random.Generator) -> tuple[tuple[int, int, int], Floats]:
    """How the axes lie in the packet: a turn, so that they stay right-handed."""
    while True:
        order = tuple(int(i) for i in rng.permutation(3))
        signs = rng.choice([-1.0, 1.0], 3)
        if np.linalg.det(np.diag(signs) @ np.eye(3)[list(order)]) > 0:
            return (order[0], order[1], order[2]), signs


def _acc(rng: np.random.Generator, order: tuple[int, int, int], signs: Floats) -> Part:
    drawn: list[tuple[str, list[float], float]] = [
        ("<i2", [16384, 8192, 4096, 2048, 1000, 1024, 100 * G, 256, 3300.7], 0),
        (">i2", [16384, 8192, 4096, 2048, 1000, 1024], 0),
        ("<i2", [16384, 8192, 4096, 2048], 0),
        ("<u2", [4096, 8192, 2048], 32768), (">u2", [4096, 8192], 32768), ("<u2", [819.2], 2048),
        ("i1", [64, 32, 16, 100], 0),
        ("i24", [65536, 256000, 1e5], 0), ("i24be", [65536, 256000, 1e6], 0),
        ("<i4", [1000 * G, 1e6, 65536, 2**28], 0), (">i4", [1000 * G, 1e6, 65536], 0),
        ("<f4", [1, G, 1000], 0), (">f4", [1, G], 0), ("<f8", [1, G], 0), (">f8", [G], 0),
        ("<f2", [1, G], 0), (">f2", [1], 0),
    ]  # fmt: skip
    kind, counts, zero = drawn[int(rng.integers(0, len(drawn)))]
    return Part(kind, float(rng.choice(counts)), zero, order, signs)


def _gyr(rng: np.random.Generator, order: tuple[int, int, int], signs: Floats) -> Part:
    drawn: list[tuple[str, list[float]]] = [
        ("<i2", [16.384, 32.768, 65.536, 131.072, 1 / 0.07, 1 / 0.035, 1 / 0.0175, 10, 16, 900 / RADIAN]),
        (">i2", [16.384, 32.768, 65.536, 131.072, 14.2857]), ("<i2", [16.384, 65.536]),
        ("i24", [4194.304, 1000]), ("i24be", [4194.304]), ("<i4", [1000, 1e6 / RADIAN]), (">i4", [1000]),
        ("<f4", [1, 1 / RADIAN]), (">f4", [1, 1 / RADIAN]), ("<f8", [1 / RADIAN]), ("<f2", [1]),
    ]  # fmt: skip
    kind, counts = drawn[int(rng.integers(0, len(drawn)))]
    return Part(kind, float(rng.choice(counts)), 0.0, order, signs)


def _stream(
    rng: np.random.Generator, what: Session, channels: list[tuple[str, Part, Floats]], count: int, rate_hz:
    float, char: str,
) -> tuple[list[tuple[float, str, bytes]], dict[str, Floats]]:  # fmt: skip
    """Packets as (time, characteristic, bytes), and what their channels say."""
    n = len(what.t_s) // count
    ends = (np.arange(n) + 1) * count - 1
    says: dict[str, Floats] = {}
    blocks = []
    for name, part, values in channels:
        data, said = part.packed(values[: n * count])
        blocks.append(data)
        says[name] = said
    for decoy in _decoys(rng, what):
        blocks.insert(int(rng.integers(0, len(blocks) + 1)), decoy[: n * count])
    if count > 1 and rng.uniform() < 0.3:
        body = np.concatenate([b.reshape(n, -1) for b in blocks], axis=1)
    else:
        body = np.concatenate(blocks, axis=1).reshape(n, -1)
    head = np.concatenate([np.empty((n, 0), np.uint8), *_header(rng, n, count, rate_hz)], axis=1)
    raw = _sealed(rng, np.concatenate([head, body], axis=1))
    kept = rng.uniform(size=n) >= float(rng.choice([0.0, 0.0, 0.01, 0.03]))
    each = np.repeat(kept, count)
    packets = [(float(what.t_s[ends[i]]), char, raw[i].tobytes()) for i in np.flatnonzero(kept)]
    return packets, {name: said[each] for name, said in says.items()}


def _decoys(rng: np.random.Generator, what: Session) -> list[np.ndarray]:
    found = []
    n = len(what.t_s)
    if rng.uniform() < 0.25:
        mag = what.field * 480 + rng.normal(0, 20, 3) + rng.normal(0, 3, (n, 3))
        found.append(np.ascontiguousarray(mag.astype("<i2")).view(np.uint8).reshape(n, -1))
    if rng.uniform() < 0.15:
        kind = "<f4" if rng.uniform() < 0.5 else "<i2"
        quaternion = what.attitude * (1 if kind == "<f4" else 16384)
        found.append(np.ascontiguousarray(quaternion.astype(kind)).view(np.uint8).reshape(n, -1))
    if rng.uniform() < 0.15:
        warm = 2450 + np.arange(n) / 40 + rng.normal(0, 3, n)
        found.append(warm.astype("<i2").view(np.uint8).reshape(n, -1))
    return found


def _header(rng: np.random.Generator, n: int, count: int, rate_hz: float) -> list[np.ndarray]:
    made: list[Callable[[], np.ndarray]] = [
        lambda: np.full((n, 1), rng.integers(0, 256), np.uint8),
        lambda: np.tile(rng.integers(0, 256, 2).astype(np.uint8), (n, 1)),
        lambda: (95 - np.arange(n) * 3 // n).astype(np.uint8)[:, None],
        lambda: rng.integers(0, 256, (n, 1)).astype(np.uint8),
    ]
    parts = [made[i]() for i in rng.integers(0, len(made), int(rng.integers(0, 3)))]
    if rng.uniform() < 0.5:
        step = int(rng.choice([1, count]))
        parts.append(
            _ticks(rng, rng.integers(0, 250) + np.arange(n) * step, rng.choice(["u1", "<u2", ">u2", "<u4"]))
        )
    if rng.uniform() < 0.5:
        unit = float(rng.choice([1e-3, 1e-6, 1 / 32768]))
        kind = rng.choice(["<u4", ">u4", "<u4", "<u8"] if unit < 1e-3 else ["<u2", "<u4", ">u4"])
        late = rng.integers(0, 3) * 1e-4
        t_s = (
            rng.uniform(0, 5000)
            + np.arange(n) * count / rate_hz * (1 + rng.normal(0, 3e-5))
            + rng.uniform(0, late, n)
        )
        parts.append(_ticks(rng, np.rint(t_s / unit), kind))
    rng.shuffle(parts)
    return parts


def _ticks(_: np.random.Generator, numbers: np.ndarray, kind: str) -> np.ndarray:
    made = np.dtype(kind)
    whole = np.ascontiguousarray(np.remainder(numbers, 2.0 ** (8 * made.itemsize)).astype(made))
    return whole.view(np.uint8).reshape(len(numbers), -1)


def _sealed(rng: np.random.Generator, raw: np.ndarray) -> np.ndarray:
    """With a checksum behind, or none."""
    kind = rng.choice(["", "", "", "sum8", "xor8", "crc32"])
    if not kind:
        return raw
    if kind == "crc32":
        crc = np.array([zlib.crc32(row.tobytes()) for row in raw], "<u4")
        return np.concatenate([raw, crc.view(np.uint8).reshape(len(raw), 4)], axis=1)
    told = raw.sum(axis=1) % 256 if kind == "sum8" else np.bitwise_xor.reduce(raw, axis=1)
    return np.concatenate([raw, told.astype(np.uint8)[:, None]], axis=1)
