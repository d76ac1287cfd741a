"""What is wrong with how a sensor is worn, judged from what the wearing check shows.

What can be told, and by what:

* **No movement** where the foot of the declared side was to move: the sensor is on the other foot, or nothing
  was done. Not on the shank, which moves as little when the other leg does it.
* **The other way round**: up, outward, down, inward is cw on the right foot and ccw on the left, whatever the
  mounting. The other direction means the other foot, or a circle the other way; the check cannot tell which.
* **Placement**: lifting the toes turns the instep by all of the joint's angle, an ankle strap by a third to a
  half, the shank hardly; and while standing the shank sways but a planted foot does not. Supple and stiff
  people overlap, so that only what lies clear of a placement is found.
* **Loose strap**: the landing toes make it ring, or the flat stand is not where it was.
* **Turned or upside-down** is told against an earlier wearing of the same sensor only: the check knows the
  sensor's axes, and nothing says how they ought to lie on the foot.

What cannot be told: left from right without an instruction that was followed. With an unknown mounting, gravity
gives up and the lifts give the wearer's right, on either foot; what is mirrored between the feet, the joints'
oblique axes and how far they go in and out, differs from person to person by as much. Nor can it be told
whether toes that were not seen to lift stayed down or belong to a leg that the sensor does not sit on.
"""

from dataclasses import dataclass

from footsense.types import Grade, Placement, Reason, Reference, Side, StreamInfo, Vector
from footsense.wearing.shown import Circle, Shown

WANTED_RATE_HZ, WANTED_RANGE_G = 50.0, 8.0  # for landings on tiptoe
OUTWARD: dict[Side, str] = {"right": "cw", "left": "ccw"}  # up, outward, down, inward
STILL_DEG = 3.5  # half the length of a "circle" that is only the sway of the other leg
UPSIDE_DOWN_COS, TURNED_COS = -0.5, 0.77  # 120° and 40°
RINGS = 0.3  # share of a landing's shaking that is left a tenth of a second later


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one placement: lifts below `least_deg` or above `most_deg` are none of it; nor are those below
    `small_deg` with a sway of the share SWAYS of them, and those above `large_deg` with less than CALM. A flat
    stand comes back to `apart_deg`."""

    least_deg: float
    most_deg: float
    apart_deg: float
    small_deg: float = 0.0
    large_deg: float = 90.0


BOUNDS: dict[Placement, Bounds] = {
    "foot": Bounds(4.0, 90.0, 3.0, small_deg=9.0),
    "ankle": Bounds(2.0, 15.5, 4.0, large_deg=12.0),
    "shank": Bounds(0.0, 5.0, 7.0),
}
LEAST_LIFTS = 2
SWAYS, CALM = 0.03, 0.0025  # sway in a flat stand as a share of the lifts: a leg's, a planted foot's


def findings(seen: Shown, info: StreamInfo, before: Reference | None = None) -> tuple[Reason, ...]:
    """All that is wrong, the gravest first; `before` is the reference of an earlier wearing of this sensor."""
    if seen.stand is None:
        text = "the wearing check saw no standing still; stand still for four seconds and repeat it"
        return (Reason("not-still", text, Grade.GOOD), *_device(info))
    found = [
        _moved(seen, info),
        _placement(seen, info),
        _circled(seen, info),
        _way(seen.circle, info),
        _strap(seen, info),
    ]
    reference = seen.reference()
    if before is not None and reference is not None:
        found.append(turned(before, reference))
    return (*(f for f in found if f is not None), *_device(info))


def _moved(seen: Shown, info: StreamInfo) -> Reason | None:
    """Whether the toes were lifted, where that can be seen."""
    if info.placement == "shank" or _lifted(seen, info.placement):
        return None
    foot = f"{info.side} foot" if info.side else "foot that wears the sensor"
    if seen.circle is None or seen.circle.size_deg < STILL_DEG:
        other = {"left": "the right foot", "right": "the left foot", None: "the other foot"}[info.side]
        text = f"the sensor hardly moved while the {foot} was to lift its toes and circle; is it on {other}?"
        return Reason("side", text, Grade.POOR)
    where = "higher up the leg" if info.placement == "foot" else "above the ankle"
    text = (
        f"the sensor hardly turned when the toes were to be lifted; it sits {where}, or the front of "
        f"the {foot} stayed down: see where it is and repeat the check"
    )
    return Reason("placement", text, Grade.POOR)


def _lifted(seen: Shown, placement: Placement | None) -> bool:
    """Whether lifts were seen, two at least or one that is clear."""
    least, tilt = BOUNDS[placement or "ankle"].least_deg, seen.tilt_deg or 0.0
    return tilt >= least and tilt * len(seen.lifts) >= LEAST_LIFTS * least


def _placement(seen: Shown, info: StreamInfo) -> Reason | None:
    """Lifts that are none of the declared placement's."""
    if info.placement is None or len(seen.lifts) < LEAST_LIFTS or not _lifted(seen, info.placement):
        return None
    assert seen.stand is not None
    tilt, sway, b = seen.tilt_deg or 0.0, seen.stand.sway_deg, BOUNDS[info.placement]
    if tilt < b.small_deg and sway > SWAYS * tilt:
        text = (
            f"lifting the toes turned the sensor by {tilt:.0f}°, and it swayed while the foot was flat: it "
            f"seems to sit higher up the leg than the {info.placement}; wear it there, or say where it is"
        )
    elif tilt > b.most_deg or (tilt > b.large_deg and sway < CALM * tilt):
        lower = "foot" if info.placement == "ankle" else "foot or ankle"
        text = (
            f"lifting the toes turned the sensor by {tilt:.0f}°, more than on the {info.placement}: it seems "
            f"to sit on the {lower}; wear it on the {info.placement}, or say where it is"
        )
    else:
        return None
    return Reason("placement", text, Grade.POOR)


def _circled(seen: Shown, info: StreamInfo) -> Reason | None:
    if info.placement == "shank" or not _lifted(seen, info.placement):
        return None
    if seen.circle is not None and seen.circle.size_deg >= STILL_DEG:
        return None
    text = "no circle was seen; whether the side is right was not checked"
    return Reason("no-circle", text, Grade.GOOD)


def _way(circle: Circle | None, info: StreamInfo) -> Reason | None:
    if circle is None or circle.direction is None or info.side is None or info.placement == "shank":
        return None
    if circle.direction == OUTWARD[info.side]:
        return None
    other = "right" if info.side == "left" else "left"
    text = (
        f"the circle went the way that up, outward, down, inward goes on the {other} foot, not on the "
        f"{info.side}: is the side right, or did it go inward first?"
    )
    return Reason("side", text, Grade.GOOD)  # whoever went inward first would pay for it all day


def _strap(seen: Shown, info: StreamInfo) -> Reason | None:
    limit = BOUNDS[info.placement or "shank"].apart_deg
    if seen.apart_deg is not None and seen.apart_deg > limit:
        text = (
            f"standing flat again, the sensor was turned by {seen.apart_deg:.0f}° against before: the strap is "
            "loose, or the foot stood otherwise; tighten it"
        )
        return Reason("loose-strap", text, Grade.POOR)
    if seen.ringing is None or seen.ringing <= RINGS:
        return None
    text = "the sensor goes on ringing after the toes come down: the strap is loose; tighten it"
    return Reason("loose-strap", text, Grade.GOOD)


def _device(info: StreamInfo) -> tuple[Reason, ...]:
    """Settings that some exercise cannot do with."""
    found = []
    if info.rate_hz < WANTED_RATE_HZ:
        text = f"{info.rate_hz:.3g} samples a second; steps on tiptoe want {WANTED_RATE_HZ:g} or more"
        found.append(Reason("rate", text, Grade.GOOD))
    if info.acc_range_g is not None and info.acc_range_g < WANTED_RANGE_G:
        text = f"the range is ±{info.acc_range_g:g} g; steps want ±{WANTED_RANGE_G:g} g or more"
        found.append(Reason("range", text, Grade.GOOD))
    return tuple(found)


def turned(before: Reference, now: Reference) -> Reason | None:
    """How the sensor sits against an earlier wearing, by where up and the axis of the toes' lifts lie in it."""
    up = _dot(before.up, now.up)
    if before.flex_axis is None or now.flex_axis is None:
        least = up
    else:
        across = _dot(before.flex_axis, now.flex_axis)
        ahead = _dot(_cross(before.up, before.flex_axis), _cross(now.up, now.flex_axis))
        least = min(up, across, ahead)
    if least > TURNED_COS:
        return None
    if up < UPSIDE_DOWN_COS:
        return Reason("upside-down", "against the last time the sensor is worn upside-down", Grade.GOOD)
    return Reason("turned", "against the last time it was worn the sensor is turned", Grade.GOOD)


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
