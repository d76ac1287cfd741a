"""ST's BlueST boards: the UUID of a characteristic begins with a mask of the features that its packets carry,
in the order of falling bits, after a time stamp of two bytes.

Sizes and units: STMicroelectronics/appconfig @98136bdc7c48, bluestsdkv2/catalog.json, and BlueSTSDK_Android
@b9714ab9921c, Features/*.java.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from footsense.devices.model import Char, Field, Header, ProfileData, Samples, Stamp, Stream
from footsense.devices.selfdescribed.telling import Telling
from footsense.errors import PacketError

_SERVICE = "00000000-0001-11e1-9ab4-0002a5d5c51b"
_CHAR = "{:08x}-0001-11e1-ac36-0002a5d5c51b"
_UUID = re.compile(_CHAR.replace("{:08x}", "([0-9a-f]{8})"))
_TICK_S = 0.008
_ACC, _GYRO = 0x00800000, 0x00400000

# features whose length is always the same; ST's sources disagree on the length of the others, or it varies
_FEATURES: dict[int, list[Field]] = {
    0x20000000: [Field(ch="switch_raw", type="u8", n=1)],
    0x10000000: [Field(ch="direction_raw", type="i16", n=1)],
    0x02000000: [Field(ch="proximity_raw", type="u16", n=1)],
    0x01000000: [Field(ch="luminosity_lux", type="u16", n=1)],
    _ACC: [Field(ch="acc", type="i16", unit="mg")],
    _GYRO: [Field(ch="gyr", type="i16", scale="0.1", unit="dps")],
    0x00200000: [Field(ch="mag_raw", type="i16")],
    0x00100000: [Field(ch="pressure_hpa", type="i32", n=1, scale="0.01")],
    0x00080000: [Field(ch="humidity_percent", type="i16", n=1, scale="0.1")],
    0x00040000: [Field(ch="temperature2_c", type="i16", n=1, scale="0.1")],
    0x00020000: [
        Field(ch="battery_level_percent", type="i16", n=1, scale="0.1"),
        Field(ch="battery_v", type="i16", n=1, scale="0.001"),
        Field(ch="battery_ma", type="i16", n=1),
        Field(ch="battery_status", type="u8", n=1),
    ],
    0x00010000: [Field(ch="temperature_c", type="i16", n=1, scale="0.1")],
    0x00000200: [Field(ch="free_fall_raw", type="u8", n=1)],
    0x00000080: [Field(ch="quaternion", type="f32", n=4)],
    0x00000040: [Field(ch="compass_deg", type="u16", n=1, scale="0.01")],
    0x00000020: [Field(ch="motion_intensity_raw", type="u8", n=1)],
    0x00000008: [Field(ch="carry_position_raw", type="u8", n=1)],
    0x00000004: [Field(ch="proximity_gesture_raw", type="u8", n=1)],
    0x00000002: [Field(ch="gesture_raw", type="u8", n=1)],
    0x00000001: [
        Field(ch="pedometer_steps", type="u32", n=1),
        Field(ch="pedometer_steps_per_min", type="u16", n=1),
    ],
}


class Masks(Telling):
    """The masks, four bytes each, high byte first, of the characteristics that are listened to."""

    def found(self, uuids: Sequence[str]) -> bytes | None:
        """Of the characteristics with acceleration and rotation the shortest, or one of each; of a single one
        that is not motion it tells as well."""
        masks = [mask for mask in map(mask_of, uuids) if mask is not None]
        chosen = _best(masks) or (masks if len(masks) == 1 else [])
        return b"".join(mask.to_bytes(4, "big") for mask in chosen) or None

    def described(self, data: ProfileData, said: bytes) -> ProfileData:
        if len(said) % 4:
            raise PacketError("expected masks of four bytes each")
        masks = [int.from_bytes(said[i : i + 4], "big") for i in range(0, len(said), 4)]
        if len(set(masks)) < len(masks):
            raise PacketError("expected masks that differ; one is given twice")
        chars = {f"f{mask:08x}": _char(mask) for mask in masks}
        streams = {name: _stream(name, mask) for name, mask in zip(chars, masks, strict=True)}
        return replace(data, chars={**data.chars, **chars}, streams=streams)


def mask_of(uuid: str) -> int | None:
    """The features of a characteristic, None where it is none of BlueST's."""
    found = _UUID.fullmatch(uuid.lower())
    return int(found[1], 16) if found else None


def _best(masks: Sequence[int]) -> list[int]:
    known = sorted((mask for mask in masks if _unknown(mask) is None), key=_length)
    both = [mask for mask in known if mask & _ACC and mask & _GYRO]
    if both:
        return both[:1]
    acc, gyro = ([mask for mask in known if mask & bit] for bit in (_ACC, _GYRO))
    return acc[:1] + (gyro[:1] if acc else [])


def _length(mask: int) -> int:
    return sum(f.n * int(f.type[1:]) // 8 for f in _fields(mask))


def _bits(mask: int) -> list[int]:
    """The bits of a mask, falling."""
    return [1 << i for i in range(31, -1, -1) if mask >> i & 1]


def _unknown(mask: int) -> int | None:
    """The first feature of a mask whose length nobody tells."""
    return next((bit for bit in _bits(mask) if bit not in _FEATURES), None)


def _fields(mask: int) -> list[Field]:
    return [field for bit in _bits(mask) for field in _FEATURES[bit]]


def _char(mask: int) -> Char:
    return Char(service=_SERVICE, uuid=_CHAR.format(mask), properties=["notify"])


def _stream(name: str, mask: int) -> Stream:
    unknown = _unknown(mask)
    if unknown is not None or not mask:
        what = (
            f"feature {unknown:08x} is unknown, or of no fixed length" if unknown else "a mask without features"
        )
        raise PacketError(f"{what}, so that nothing tells how {_CHAR.format(mask)} goes on")
    return Stream(
        char=name,
        header=Header(timestamp=Stamp(at=0, type="u16", tick_s=f"{_TICK_S}")),
        samples=Samples(at=2, fields=_fields(mask)),
    )
