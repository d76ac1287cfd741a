"""Shimmer's inquiry: the device lists the channels that it is set to, and a packet has them in that order.

Layouts: seemoo-lab/pyshimmer @a2ef575861b4 (bt_commands.InquiryCommand, dev/channels, dev/revisions) and
ShimmerEngineering/Shimmer-Java-Android-API @106ad6f83c00 (ShimmerObject.interpretInqResponse, SensorLIS2DW12;
SensorLSM303DLHC, SensorLSM303AH, SensorKionixKXRB52042, SensorKionixKXTC92050 for scales and axes).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from footsense.devices.model import Char, Field, Header, ProfileData, Samples, Setting, Stamp, Stream, When
from footsense.devices.selfdescribed.telling import Telling
from footsense.errors import PacketError

_INQUIRY, _ACK, _STATUS = 0x02, 0xFF, b"\x8a\x71"
_MOST_CHANNELS = 32  # no device has as many; a stray byte must not ask for more
_CLOCK_HZ = 32768
_TEMPERATURE, _PRESSURE = 0x1A, 0x1B

# number of the first of three channels: x, y, z
_LOW_NOISE_ACC, _WIDE_ACC, _GYRO = 0x00, 0x04, 0x0A
_VECTORS = {
    0x00: "accel_ln_raw", 0x04: "accel_wr_raw", 0x07: "mag_raw", 0x0A: "gyro_raw", 0x14: "accel_hg_raw",
    0x17: "mag_wr_raw",
}  # fmt: skip
_SINGLE = {
    0x03: ("battery_raw", "i16"),
    0x0D: ("external_adc_a0_raw", "u16"), 0x0E: ("external_adc_a1_raw", "u16"),
    0x0F: ("external_adc_a2_raw", "u16"), 0x10: ("internal_adc_a3_raw", "u16"),
    0x11: ("internal_adc_a0_raw", "u16"), 0x12: ("internal_adc_a1_raw", "u16"),
    0x13: ("internal_adc_a2_raw", "u16"), 0x1C: ("gsr_raw", "u16"),
    0x1D: ("exg1_status", "u8"), 0x1E: ("exg1_ch1_24bit_raw", ">i24"), 0x1F: ("exg1_ch2_24bit_raw", ">i24"),
    0x20: ("exg2_status", "u8"), 0x21: ("exg2_ch1_24bit_raw", ">i24"), 0x22: ("exg2_ch2_24bit_raw", ">i24"),
    0x23: ("exg1_ch1_16bit_raw", ">i16"), 0x24: ("exg1_ch2_16bit_raw", ">i16"),
    0x25: ("exg2_ch1_16bit_raw", ">i16"), 0x26: ("exg2_ch2_16bit_raw", ">i16"),
    0x27: ("strain_high_raw", "u16"), 0x28: ("strain_low_raw", "u16"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """An inquiry's answer, taken apart."""

    divisor: int
    config: int
    channels: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Model:
    """What differs between the models: the length of the configuration in bytes, the types of some channels,
    the motion sensors' fields (of each of the boards that differ in them), and the ranges that the
    configuration tells."""

    config: int
    vectors: Mapping[int, str]
    single: Mapping[int, tuple[str, str]]
    motion: Mapping[str, Mapping[int, Field]]
    gyro_ranges: Sequence[int]

    def gyro_code(self, config: int) -> int:
        """The gyroscope's range in the configuration: two bits, and a third where there are more ranges."""
        third = config >> 34 & 1 if len(self.gyro_ranges) > 4 else 0
        return config >> 16 & 3 | third << 2


class Inquiry(Telling):
    """Answers to the command 01: 02, the divisor of 32768 Hz, the configuration, how many channels, a buffer's
    size, the channels."""

    def __init__(self, model: _Model) -> None:
        self._model = model

    def whole(self, heard: bytes) -> bytes | None:
        at = _begin(heard)
        count = at + 3 + self._model.config
        if count >= len(heard):
            return None
        if heard[count] > _MOST_CHANNELS:
            raise PacketError(f"an inquiry that tells {heard[count]} channels")
        end = count + 2 + heard[count]
        return heard[at:end] if end <= len(heard) else None

    def parts(self, said: bytes) -> list[bytes]:
        return [said[i : i + 20] for i in range(0, len(said), 20)]  # as a serial service without a long MTU

    def described(self, data: ProfileData, said: bytes) -> ProfileData:
        told = self._taken_apart(said)
        streams: dict[str, Stream] = {}
        for chip, motion in self._model.motion.items():
            fields = self._fields(told.channels, motion)
            streams[f"motion_{chip}" if chip else "motion"] = Stream(
                char="rx",
                only={"chip": chip} if chip else {},
                when=[When(at=0, eq=0)],
                rate=f"{_CLOCK_HZ} / {told.divisor}",
                header=Header(timestamp=Stamp(at=1, type="u24", tick_s=f"1 / {_CLOCK_HZ}")),
                samples=Samples(at=4, fields=fields),
                asked=any(f.ch in ("acc", "gyr") for f in fields),
            )
        size = sum(f.n * _size(f.type) for f in fields)
        chars = {**data.chars, "rx": _framed(data.chars["rx"], 4 + size)}
        return replace(data, chars=chars, streams=streams, settings=self._settings(data, told))

    def _taken_apart(self, said: bytes) -> _Said:
        if self.whole(said) != said or said[0] != _INQUIRY:
            raise PacketError("expected an inquiry's answer: 02, and as many channels as it tells")
        channels = 5 + self._model.config
        divisor = int.from_bytes(said[1:3], "little")
        if not divisor or channels == len(said):
            raise PacketError("an inquiry that tells no rate or no channel")
        return _Said(divisor, int.from_bytes(said[3 : channels - 2], "little"), list(said[channels:]))

    def _fields(self, channels: Sequence[int], motion: Mapping[int, Field]) -> list[Field]:
        fields: list[Field] = []
        left = list(channels)
        while left:
            first = left[0]
            if first in _VECTORS and left[:3] == [first, first + 1, first + 2]:
                clips_first = first == _LOW_NOISE_ACC and _WIDE_ACC in channels  # the other serves
                raw = Field(ch=_VECTORS[first], type=self._model.vectors.get(first, "i16"), n=3)
                fields.append(raw if clips_first else motion.get(first, raw))
                left = left[3:]
                continue
            if first not in self._model.single:
                raise PacketError(f"channel {first:02x} is unknown, or without its other axes")
            name, kind = self._model.single[first]
            fields.append(Field(ch=name, type=kind, n=1))
            left = left[1:]
        return fields

    def _settings(self, data: ProfileData, told: _Said) -> dict[str, Setting]:
        """The settings that the device has, where the profile has settings of these names."""
        acc = 2 if _WIDE_ACC not in told.channels else 2 << (told.config >> 2 & 3)
        code = self._model.gyro_code(told.config)
        if code >= len(self._model.gyro_ranges):
            raise PacketError(f"a gyroscope's range {code} that is none")
        only = {
            "rate_hz": (round(_CLOCK_HZ / told.divisor, 6), told.divisor),
            "acc_range_g": (acc, told.config >> 2 & 3),
            "gyro_range_dps": (self._model.gyro_ranges[code], code),
        }
        known = {name: data.settings[name] for name in only if name in data.settings}
        one = {name: _alone(setting, *only[name]) for name, setting in known.items()}
        return {**data.settings, **one}


def _begin(heard: bytes) -> int:
    """Where the answer begins, behind acknowledgements, status messages and what is left of a stream."""
    at = 0
    while at < len(heard) and heard[at] != _INQUIRY:
        at += 3 if heard.startswith(_STATUS, at) else 1
    return min(at, len(heard))


def _size(kind: str) -> int:
    return int(kind.lstrip(">")[1:]) // 8


def _framed(char: Char, length: int) -> Char:
    if char.frame is None:
        raise PacketError("the profile's characteristic rx has no frame")
    return replace(char, frame=replace(char.frame, length=length))


def _alone(setting: Setting, value: float, code: int) -> Setting:
    """The setting with this one value: the device is set to it."""
    return replace(setting, values={f"{value:.10g}": code}, default=value, choose="nearest")


def _vector(ch: str, kind: str, scale: str, axes: str, zero: str = "0") -> Field:
    unit = "dps" if ch == "gyr" else "m/s2"
    return msgspec.convert(
        {"ch": ch, "type": kind, "zero": zero, "scale": scale, "unit": unit, "axes": axes.split()}, Field
    )


_MPU = _vector("gyr", ">i16", "1 / gyro_counts", "-y -x -z")
SHIMMER3 = Inquiry(
    _Model(
        config=4,
        vectors={0x14: ">i16"},
        single=_SINGLE | {_TEMPERATURE: ("temperature_raw", ">u16"), _PRESSURE: ("pressure_raw", ">u24")},
        motion={
            "lsm303ah": {
                _LOW_NOISE_ACC: _vector("acc", "i16", "1 / 92", "-y -x -z", zero="2253"),
                _WIDE_ACC: _vector("acc", "i16", "1 / counts", "-y x -z"),
                _GYRO: _MPU,
            },
            "lsm303dlhc": {
                _LOW_NOISE_ACC: _vector("acc", "i16", "1 / 83", "-y -x -z", zero="2047"),
                _WIDE_ACC: _vector("acc", "i16", "1 / counts", "-x y -z"),
                _GYRO: _MPU,
            },
        },
        gyro_ranges=(250, 500, 1000, 2000),
    )
)
SHIMMER3R = Inquiry(
    _Model(
        config=7,
        vectors={0x14: ">i16"},
        single=_SINGLE | {_TEMPERATURE: ("temperature_raw", "u24"), _PRESSURE: ("pressure_raw", "u24")},
        motion={
            "": {
                _WIDE_ACC: _vector("acc", "i16", "1 / counts", "-y -x -z"),
                _GYRO: _vector("gyr", "i16", "1 / gyro_counts", "-x y -z"),
            }
        },
        gyro_ranges=(125, 250, 500, 1000, 2000, 4000),
    )
)
