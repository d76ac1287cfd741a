"""What `profiles decode` says of the bytes it is given; also how golden packets are compared."""

import math
from collections.abc import Mapping, Sequence

from footsense.devices import kinds
from footsense.devices.decoder import Decoder
from footsense.devices.layout import Layout, tick_s
from footsense.devices.model import Golden
from footsense.devices.profile import Profile
from footsense.devices.settings import Value, names_for
from footsense.devices.uuids import full
from footsense.errors import FootsenseError, PacketError
from footsense.types import Decoded, Floats

Reading = dict[str, object]


class Readings:
    """Feeds bytes to a profile's decoder and tells each answer in plain values, time stamps unwrapped."""

    def __init__(self, profile: Profile, settings: Mapping[str, Value], char: str | None = None) -> None:
        profile = profile.told(settings)
        self._decoder = Decoder(profile, settings)
        self.char = char or self._decoder.layouts[0].char
        self._timings = {x.name: x.timing for x in self._decoder.layouts if x.timing}
        names = names_for(profile.data, self._decoder.settings)
        self._ticks = {x.name: _tick(x, names) for x in self._decoder.layouts}
        self._last: dict[str, int] = {}
        self._before: dict[str, float] = {}

    def feed(self, payload: bytes) -> Reading:
        """One object: the frames, `{"pending": True}` where more bytes must come, or `{"error": …}` and nothing
        else, also where a part of the bytes is as it should be."""
        try:
            frames = self._decoder.feed(self.char, payload)
        except PacketError as error:
            return {"error": str(error)}
        return _merged([self._reading(frame) for frame in frames]) if frames else {"pending": True}

    def _reading(self, frame: Decoded) -> Reading:
        time_s = self._time_s(frame)
        told: Reading = {
            "acc_g": _rows(frame.acc_g),
            "gyr_dps": _rows(frame.gyr_dps),
            "mag_ut": _rows(frame.mag_ut),
            "timestamp_s": time_s,
            "timestamps_s": self._times_s(frame, time_s),
            "sequence": frame.sequence,
            "battery_percent": frame.battery_percent,
            "fields": dict(frame.fields) or None,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _time_s(self, frame: Decoded) -> float | None:
        length_s, modulus = self._ticks[frame.stream]
        if frame.ticks is None or length_s is None:
            return None
        last = self._last.get(frame.stream, frame.ticks)
        # the shorter way round: packets may come late
        step = (frame.ticks - last + modulus // 2) % modulus - modulus // 2 if modulus else frame.ticks - last
        self._last[frame.stream] = last + step
        return (last + step) * length_s

    def _times_s(self, frame: Decoded, time_s: float | None) -> list[float] | None:
        """The time of each sample of several: spread from the packet before, or by the rate where none was."""
        rows = frame.acc_g if frame.acc_g is not None else frame.gyr_dps
        if rows is None or time_s is None:
            return None  # rows are of streams that have a timing
        timing, n = self._timings[frame.stream], len(rows)
        before = self._before.get(frame.stream)
        self._before[frame.stream] = time_s
        if n < 2:
            return None
        step = 1 / timing.rate_hz if before is None or before >= time_s else (time_s - before) / n
        first = time_s if timing.anchor == "first" else time_s - (n - 1) * step
        return [first + i * step for i in range(n)]


def _tick(layout: Layout, names: Mapping[str, float]) -> tuple[float | None, int]:
    """Length of a tick in s, None without a time stamp, and after how many it begins anew, 0 for never."""
    stamp = layout.stream.header.timestamp
    modulus = (stamp.wrap or 2 ** (8 * kinds.size(stamp.type))) if stamp else 0
    return tick_s(layout.stream, f"streams.{layout.name}", names), modulus


def _rows(values: Floats | None) -> list[list[float]] | None:
    return None if values is None else values.tolist()


def _merged(readings: Sequence[Reading]) -> Reading:
    """Several frames in one packet: lists are joined; of other things, and of fields, the first stay."""
    whole: Reading = {}
    for reading in readings:
        for name, value in reading.items():
            before = whole.setdefault(name, value)
            if isinstance(before, list) and isinstance(value, list) and before is not value:
                whole[name] = before + value
            elif isinstance(before, dict) and isinstance(value, dict):
                whole[name] = value | before
    return whole


def golden_faults(profile: Profile) -> list[str]:
    """One line for each golden packet of the profile that does not decode as it says."""
    faults = []
    for i, golden in enumerate(profile.data.golden):
        where = f"golden[{i}]"
        try:
            char = full(profile.told(golden.settings).data.chars[golden.char].uuid)
            readings = Readings(profile, golden.settings, char)
        except (FootsenseError, KeyError) as error:
            faults.append(f"{where}: {error}")
            continue
        told = [readings.feed(bytes.fromhex(packet)) for packet in golden.hex][-1]
        fault = _golden_fault(golden, told)
        if fault:
            faults.append(f"{where}: {fault}")
    return faults


def _golden_fault(golden: Golden, told: Reading) -> str:
    if "error" in told and "error" not in golden.expected:
        return f"the packet does not decode: {told['error']}"
    if "timestamps_s" not in golden.expected:  # they follow from the stamp and the rate
        told = {name: value for name, value in told.items() if name != "timestamps_s"}
    return difference(golden.expected, told, golden.tolerance)


def difference(expected: object, told: object, tolerance: float, path: str = "") -> str:
    """Where `told` is not as `expected`, empty if it is; numbers to `tolerance`, absolute and of their size."""
    if isinstance(expected, Mapping) and isinstance(told, Mapping):
        if set(expected) != set(told):
            return f"{path or 'the packet'}: expected {', '.join(expected)}, got {', '.join(told)}"
        parts = [difference(expected[k], told[k], tolerance, f"{path}.{k}".lstrip(".")) for k in expected]
    elif isinstance(expected, list) and isinstance(told, list):
        if len(expected) != len(told):
            return f"{path}: expected {len(expected)} of them, got {len(told)}"
        pairs = zip(expected, told, strict=True)
        parts = [difference(e, t, tolerance, f"{path}[{i}]") for i, (e, t) in enumerate(pairs)]
    else:
        return "" if _same(expected, told, tolerance) else f"{path}: expected {expected}, got {told}"
    return next((p for p in parts if p), "")


def _same(expected: object, told: object, tolerance: float) -> bool:
    if isinstance(expected, int | float) and isinstance(told, int | float):
        return math.isclose(expected, told, rel_tol=tolerance, abs_tol=tolerance)
    return expected == told
