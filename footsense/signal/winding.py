"""Geometry of a path that winds: the loop's plane, centre and axes, and turns counted about them.

Angles come from a series in +, ×, ÷ and √ only, so that they are the same on every processor.
"""

from dataclasses import dataclass

import numpy as np

from footsense.signal.tilt import cross
from footsense.types import Floats

TINY = 1e-12
THINNEST = 0.08  # a loop thinner than this is wound about as if it were this wide


@dataclass(frozen=True, slots=True)
class Loop:
    """An ellipse fitted to one turn of a path (3, n).

    `centre` (3,) its centre of area; `along`, `across` (3,) map a point from the centre to coordinates in
    which the loop is the unit circle, wound counter-clockwise; `normal` (3,) unit; `length` and `width` the
    half axes, `width` being that of the ellipse with the same area: a figure of eight has none.
    """

    centre: Floats
    along: Floats
    across: Floats
    normal: Floats
    length: float
    width: float

    @property
    def ratio(self) -> float:
        return self.width / self.length

    def unit(self, path: Floats) -> tuple[Floats, Floats]:
        """Coordinates (n,), (n,) of a path (3, n) in which this loop is the unit circle."""
        x, y, z = path[0] - self.centre[0], path[1] - self.centre[1], path[2] - self.centre[2]
        a, b = self.along, self.across
        return x * a[0] + y * a[1] + z * a[2], x * b[0] + y * b[1] + z * b[2]


def area_vector(path: Floats) -> Floats:
    """Vector area (3,) of the path (3, n) closed by a straight line: ½ Σ p_i × p_(i+1)."""
    return np.asarray(0.5 * cross(path, np.roll(path, -1, axis=1)).sum(axis=1))


def fit_loop(path: Floats) -> Loop | None:
    """The Loop of one turn (3, n), None where it has no area at all."""
    middle = path.mean(axis=1)
    p = path - middle[:, None]
    area = area_vector(p)
    size = float(np.sqrt((area * area).sum()))
    if size < TINY:
        return None
    normal = area / size
    e1, e2 = plane_basis(normal)
    x = p[0] * e1[0] + p[1] * e1[1] + p[2] * e1[2]
    y = p[0] * e2[0] + p[1] * e2[1] + p[2] * e2[2]
    cx, cy = _centre_of_area(x, y)
    return _ellipse(x - cx, y - cy, middle + cx * e1 + cy * e2, (normal, e1, e2), size)


def plane_basis(normal: Floats) -> tuple[Floats, Floats]:
    """Unit vectors e1, e2 with e1 × e2 = normal."""
    axis = np.zeros(3)
    axis[int(np.argmin(np.abs(normal)))] = 1.0
    e1 = cross(axis, normal)
    e1 = e1 / np.sqrt((e1 * e1).sum())
    return e1, cross(normal, e1)


def _centre_of_area(x: Floats, y: Floats) -> tuple[float, float]:
    """Of the polygon, kept within the spread of its points; the mean leans to where the foot dwells."""
    x1, y1 = np.roll(x, -1), np.roll(y, -1)
    parts = x * y1 - x1 * y
    total = 3 * float(parts.sum())
    if abs(total) < TINY:
        return 0.0, 0.0
    spread = float(np.sqrt((x * x + y * y).mean()))
    cx, cy = float(((x + x1) * parts).sum()) / total, float(((y + y1) * parts).sum()) / total
    return min(max(cx, -spread), spread), min(max(cy, -spread), spread)


def _ellipse(x: Floats, y: Floats, centre: Floats, axes: tuple[Floats, Floats, Floats], area: float) -> Loop:
    normal, e1, e2 = axes
    sxx, sxy, syy = float((x * x).mean()), float((x * y).mean()), float((y * y).mean())
    root = float(np.sqrt((sxx - syy) * (sxx - syy) / 4 + sxy * sxy))
    big, small = (sxx + syy) / 2 + root, max((sxx + syy) / 2 - root, 0.0)
    if abs(big - syy) + abs(sxy) > TINY:
        mx, my = big - syy, sxy
    else:
        mx, my = (1.0, 0.0) if sxx >= syy else (0.0, 1.0)
    m = float(np.sqrt(mx * mx + my * my))
    major = (mx * e1 + my * e2) / m
    minor = cross(normal, major)
    length = float(np.sqrt(2 * big))
    thickness = max(float(np.sqrt(2 * small)), THINNEST * length)
    return Loop(centre, major / length, minor / thickness, normal, length, area / (np.pi * length))


def turned(x: Floats, y: Floats) -> Floats:
    """Turns (n−1,) from each point (x, y) to the next, seen from the origin; counter-clockwise is positive.

    θ = 4·atan(t/(1+√(1+t²))) with t = tan(θ/2), which is held within ±1; series for atan up to x⁹.
    """
    radius = np.sqrt(x * x + y * y)
    x0, y0, x1, y1 = x[:-1], y[:-1], x[1:], y[1:]
    adjacent = radius[:-1] * radius[1:] + x0 * x1 + y0 * y1
    half = np.clip((x0 * y1 - x1 * y0) / np.maximum(adjacent, TINY), -1.0, 1.0)
    q = half / (1 + np.sqrt(1 + half * half))
    s = q * q
    return np.asarray(q * (1 - s * (1 / 3 - s * (1 / 5 - s * (1 / 7 - s / 9)))) * (2 / np.pi))
