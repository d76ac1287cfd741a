"""A `Reference` as a recorded command, so that a replay sets it at the same sample, and back."""

import math
from collections.abc import Mapping

from footsense.types import Command, Reference, Vector

KIND = "reference"
_UNIT = (0.999, 1.001)  # length of a unit vector after rounding


def reference_command(host_ns: int, sensor: str, reference: Reference) -> Command:
    """The command that makes `reference` hold for a sensor's stream from `host_ns` on."""
    fields: dict[str, str | float | int | None] = {"sensor": sensor, **_vector("up", reference.up)}
    if reference.flex_axis is not None and reference.flex_deg is not None:
        fields |= _vector("flex", reference.flex_axis) | {"flex_deg": reference.flex_deg}
    return Command(host_ns, KIND, fields | {"noise_deg": reference.noise_deg, "noise_g": reference.noise_g})


def reference_of(command: Command, sensor: str) -> Reference | None:
    """The reference that a command sets for this sensor; None for any other command and for one that is not
    whole: numbers missing, not finite, or directions that are none."""
    f = command.fields
    if command.kind != KIND or f.get("sensor") != sensor:
        return None
    up, axis = _read(f, "up"), _read(f, "flex")
    flex, noise_deg, noise_g = (_number(f.get(k)) for k in ("flex_deg", "noise_deg", "noise_g"))
    if up is None or noise_deg is None or noise_g is None:
        return None
    return Reference(
        up, axis if flex is not None else None, flex if axis is not None else None, noise_deg, noise_g
    )


def _vector(name: str, v: Vector) -> dict[str, str | float | int | None]:
    return {f"{name}_{k}": x for k, x in zip("xyz", v, strict=True)}


def _read(fields: Mapping[str, str | float | int | None], name: str) -> Vector | None:
    x, y, z = (fields.get(f"{name}_{k}") for k in "xyz")
    if not all(isinstance(c, int | float) and not isinstance(c, bool) and abs(c) <= 1.0 for c in (x, y, z)):
        return None
    v = float(x or 0.0), float(y or 0.0), float(z or 0.0)
    return v if _UNIT[0] < math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) < _UNIT[1] else None


def _number(value: object) -> float | None:
    """A size: finite and not negative."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if math.isfinite(value) and value >= 0.0 else None
