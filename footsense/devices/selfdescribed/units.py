"""What units and names say of the quantity that they are of."""

import re
from typing import Literal

Unit = Literal["g", "mg", "m/s2", "dps", "mdps", "rad/s", "uT", "mG"]

_UNITS: dict[str, tuple[str, Unit]] = {
    "g": ("acc", "g"), "mg": ("acc", "mg"), "m/s2": ("acc", "m/s2"),
    "dps": ("gyr", "dps"), "deg/s": ("gyr", "dps"), "°/s": ("gyr", "dps"), "mdps": ("gyr", "mdps"),
    "rad/s": ("gyr", "rad/s"), "ut": ("mag", "uT"), "mgauss": ("mag", "mG"),
}  # fmt: skip


def motion_of(unit: str) -> tuple[str, Unit] | None:
    """Channel and unit of a profile for a unit as devices spell it, None for a unit of something else."""
    spelt = unit.strip().lower().replace("^", "").replace("²", "2").replace("µ", "u").replace("μ", "u")
    return _UNITS.get(spelt.replace("s-2", "s2"))


def word(text: str, otherwise: str) -> str:
    """A name for a profile made of what a device says."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower().replace("°", "deg")).strip("_")[:32].strip("_")
    return plain if re.match(r"[a-z]", plain) and plain not in ("acc", "gyr", "mag") else otherwise
