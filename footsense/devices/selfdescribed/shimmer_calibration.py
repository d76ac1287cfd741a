"""What a Shimmer3 keeps of its own calibration: command 2c, answer 2d and 21 bytes for each of four sensors.

Of a sensor: three offsets, three sensitivities (big-endian, 16 bits, with sign; the gyroscope's a hundredfold)
and nine hundredths of its alignment, row by row (seemoo-lab/pyshimmer @a2ef575861b4, dev/calibration.py).
Calibrated = inverse of the alignment . inverse of the sensitivities . (raw - offsets)
(ShimmerEngineering/Shimmer-Java-Android-API @106ad6f83c00, UtilCalibration.calibrateInertialSensorData).
"""

import struct
from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from footsense.devices.model import Affine, Field, ProfileData, Setting, Stream
from footsense.devices.selfdescribed.telling import Telling
from footsense.errors import PacketError

_ANSWER, _STATUS = 0x2D, b"\x8a\x71"
_SENSOR, _SENSORS = struct.Struct(">3h3h9b"), 4
_LOW_NOISE_ACC, _GYRO, _WIDE_ACC = 0, 1, 3  # the place of a sensor among the four; 2 is the magnetometer
_LOW_NOISE = 88.0  # counts per m/s2: 83 or 92, by the board
_G_MPS2 = 9.80665
# a sensitivity so many times the expected one is of this range; the next range is a half or double
_NEAR = (0.6, 1.3)
# what firmware has where nothing was stored, whatever chips the board has (its shimmer_calibration.c): offset,
# sensitivity and alignment of the accelerometers of boards before 2017
_UNSTORED = {
    _LOW_NOISE_ACC: ((2047, 83, (0, -100, 0, -100, 0, 0, 0, 0, -100)),),
    _WIDE_ACC: tuple((0, k, (-100, 0, 0, 0, 100, 0, 0, 0, -100)) for k in (1631, 815, 408, 135)),
}
_THINNEST = 0.5  # determinant of an alignment; of three axes at right angles it is 1


class Calibration(Telling):
    """Calibrations take the place of the maker's default scales and axes, where the device has them and they
    fit the range that it measures at."""

    def whole(self, heard: bytes) -> bytes | None:
        at = 0
        while at < len(heard) and heard[at] != _ANSWER:  # acknowledgements, status messages, what else is left
            at += 3 if heard.startswith(_STATUS, at) else 1
        end = at + 1 + _SENSORS * _SENSOR.size
        return heard[at:end] if end <= len(heard) else None

    def parts(self, said: bytes) -> list[bytes]:
        return [said[i : i + 20] for i in range(0, len(said), 20)]  # as a serial service without a long MTU

    def described(self, data: ProfileData, said: bytes) -> ProfileData:
        if self.whole(said) != said:
            raise PacketError(f"expected 2d and {_SENSORS * _SENSOR.size} bytes of calibration")
        sensors = list(_SENSOR.iter_unpack(said[1:]))
        return replace(data, streams={name: _calibrated(data, s, sensors) for name, s in data.streams.items()})


def _calibrated(data: ProfileData, stream: Stream, sensors: list[tuple[int, ...]]) -> Stream:
    if stream.samples is None:
        return stream
    fields = [_field(data, field, sensors) for field in stream.samples.fields]
    return replace(stream, samples=replace(stream.samples, fields=fields))


def _field(data: ProfileData, field: Field, sensors: list[tuple[int, ...]]) -> Field:
    if field.ch == "gyr":
        place, factor, expected = _GYRO, 100.0, [32768 / x for x in _ranges(data, "gyro_range_dps")]
    elif field.ch == "acc" and field.zero != "0":  # its zero lies in the middle of the converter's range
        place, factor, expected = _LOW_NOISE_ACC, 1.0, [_LOW_NOISE]
    elif field.ch == "acc":
        place, factor = _WIDE_ACC, 1.0
        expected = [32768 / x / _G_MPS2 for x in _ranges(data, "acc_range_g")]
    else:
        return field
    is_stored = all(sensors[place] != (b, b, b, k, k, k, *r) for b, k, r in _UNSTORED.get(place, ()))
    affine = _affine(sensors[place], factor, expected) if is_stored else None
    return field if affine is None else replace(field, affine=affine, scale="1", zero="0", axes=None)


def _affine(numbers: tuple[int, ...], factor: float, expected: list[float]) -> Affine | None:
    """What makes units of a sensor's counts, None where there is no calibration, or one of another range."""
    per_unit = np.array(numbers[3:6]) / factor
    alignment: NDArray[np.float64] = np.array(numbers[6:]).reshape(3, 3) / 100
    shares = [per_unit / x for x in expected]
    if not any((_NEAR[0] < s).all() and (s < _NEAR[1]).all() for s in shares):
        return None
    if abs(float(np.linalg.det(alignment))) < _THINNEST:
        return None
    matrix = np.linalg.inv(alignment) / per_unit
    return Affine(offset=[float(x) for x in numbers[:3]], matrix=[float(x) for x in matrix.reshape(-1)])


def _ranges(data: ProfileData, name: str) -> Iterator[float]:
    """The ranges that the setting may have; one alone once the inquiry has told it."""
    setting = data.settings.get(name, Setting())
    return (float(value) for value in setting.values or ())
