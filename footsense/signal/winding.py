"""Geometry of a path that winds: the loop's plane, centre and axes, and turns counted about them.

Angles come from a series in +, ×, ÷ and √ only, so that they are the same on every processor.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from footsense.types import Floats

TINY = 1e-12
THINNEST = 0.08  # a loop thinner than this is wound about as if it were this wide

Vector = tuple[float, float, float]


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def times(a: Vector, by: float) -> Vector:
    return a[0] * by, a[1] * by, a[2] * by


def plus(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def unit(a: Vector) -> Vector:
    """At unit length; a vector of no length at all stays as it is."""
    return times(a, 1 / max(sqrt(dot(a, a)), TINY))


@dataclass(frozen=True, slots=True)
class Moments:
    """Of a path (3, n): mean, covariance (rows), and the vector area when closed by a straight line,
    ½ Σ p_i × p_(i+1)."""

    mean: Vector
    spread: tuple[Vector, Vector, Vector]
    area: Vector

    def along(self, a: Vector, b: Vector) -> float:
        """Covariance of the coordinates along a and b."""
        return dot(a, (dot(self.spread[0], b), dot(self.spread[1], b), dot(self.spread[2], b)))


def moments(path: Floats) -> Moments:
    first = path[:, :1]
    p = path - first  # the closing edge then adds nothing to the area
    n = path.shape[1]
    (mx, my, mz), k = (np.einsum("in->i", p) / n).tolist(), np.einsum("in,jn->ij", p[:, :-1], p[:, 1:]).tolist()
    (xx, xy, xz), (_, yy, yz), (_, _, zz) = (np.einsum("in,jn->ij", p, p) / n).tolist()
    xx, xy, xz, yy, yz, zz = xx - mx * mx, xy - mx * my, xz - mx * mz, yy - my * my, yz - my * mz, zz - mz * mz
    area = (k[1][2] - k[2][1]) / 2, (k[2][0] - k[0][2]) / 2, (k[0][1] - k[1][0]) / 2
    fx, fy, fz = first[:, 0].tolist()
    return Moments((mx + fx, my + fy, mz + fz), ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz)), area)


@dataclass(frozen=True, slots=True)
class Loop:
    """An ellipse fitted to one turn of a path (3, n).

    `centre` its centre of area; `along`, `across` map a point from the centre to coordinates in which the loop
    is the unit circle, wound counter-clockwise; `normal` unit; `length` and `width` the half axes, `width`
    being that of the ellipse with the same area: a figure of eight has none.
    """

    centre: Vector
    along: Vector
    across: Vector
    normal: Vector
    length: float
    width: float

    @property
    def ratio(self) -> float:
        return self.width / self.length

    def unit(self, path: Floats) -> tuple[Floats, Floats]:
        """Coordinates (n,), (n,) of a path (3, n) in which this loop is the unit circle."""
        return coordinate(path, self.along, self.centre), coordinate(path, self.across, self.centre)


def coordinate(path: Floats, along: Vector, origin: Vector) -> Floats:
    """Of the points of a path (3, n) along a vector, from an origin; (n,)."""
    at: Floats = path[0] * along[0]
    at += path[1] * along[1]
    at += path[2] * along[2]
    at -= dot(origin, along)
    return at


def fit_loop(path: Floats, of: Moments | None = None) -> Loop | None:
    """The Loop of one turn (3, n), whose Moments may be at hand; None where it has no area at all."""
    m = of or moments(path)
    size = sqrt(dot(m.area, m.area))
    if size < TINY:
        return None
    normal = unit(m.area)
    e1, e2 = plane_basis(normal)
    cx, cy = _centre_of_area(coordinate(path, e1, m.mean), coordinate(path, e2, m.mean), size)
    # the spread about the centre of area is that about the mean and the distance of the two
    sxx, sxy, syy = m.along(e1, e1) + cx * cx, m.along(e1, e2) + cx * cy, m.along(e2, e2) + cy * cy
    (ax, ay), length, thickness = half_axes(sxx, sxy, syy)
    major = plus(times(e1, ax), times(e2, ay))
    across = times(cross(normal, major), 1 / max(thickness, THINNEST * length, TINY))
    centre = plus(m.mean, plus(times(e1, cx), times(e2, cy)))
    return Loop(centre, times(major, 1 / length), across, normal, length, size / (np.pi * length))


def seen_along(m: Moments, axis: Vector) -> tuple[float, float]:
    """Width to length of a loop as seen along a unit vector, and its area, positive if it goes right-handed."""
    area = dot(m.area, axis)
    e1, e2 = plane_basis(axis)
    _, length, _ = half_axes(m.along(e1, e1), m.along(e1, e2), m.along(e2, e2))
    return abs(area) / (np.pi * length * length), area


def plane_basis(normal: Vector) -> tuple[Vector, Vector]:
    """Unit vectors e1, e2 with e1 × e2 = normal."""
    sizes = [abs(v) for v in normal]
    axes: tuple[Vector, Vector, Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    e1 = unit(cross(axes[sizes.index(min(sizes))], normal))
    return e1, cross(normal, e1)


def _centre_of_area(x: Floats, y: Floats, area: float) -> tuple[float, float]:
    """Of the polygon; the mean leans to where the foot dwells."""
    x, y = x - x[0], y - y[0]
    parts = x[:-1] * y[1:] - x[1:] * y[:-1]
    n = len(x)
    mean_x, mean_y = float(np.einsum("n->", x)) / n, float(np.einsum("n->", y)) / n
    cx = float(np.einsum("n,n->", x[:-1] + x[1:], parts)) / (6 * area) - mean_x
    cy = float(np.einsum("n,n->", y[:-1] + y[1:], parts)) / (6 * area) - mean_y
    far = sqrt(float(np.einsum("n,n->", x, x) + np.einsum("n,n->", y, y)) / n)  # a figure of eight may have any
    return min(max(cx, -far), far), min(max(cy, -far), far)


def half_axes(sxx: float, sxy: float, syy: float) -> tuple[tuple[float, float], float, float]:
    """Direction of the longer, length of both half axes of the ellipse with this covariance."""
    root = sqrt((sxx - syy) * (sxx - syy) / 4 + sxy * sxy)
    big, small = (sxx + syy) / 2 + root, max((sxx + syy) / 2 - root, 0.0)
    mx, my = (big - syy, sxy) if sxx >= syy else (sxy, big - sxx)
    size = sqrt(mx * mx + my * my)
    direction = (mx / size, my / size) if size > TINY else (1.0, 0.0)
    return direction, max(sqrt(2 * big), TINY), sqrt(2 * small)


def turned(x: Floats, y: Floats) -> Floats:
    """Turns (n−1,) from each point (x, y) to the next, seen from the origin; counter-clockwise is positive.

    θ = 4·atan(t/(1+√(1+t²))) with t = tan(θ/2), which is held within ±1; series for atan up to x⁹.
    """
    radius = np.sqrt(x * x + y * y)
    x0, y0, x1, y1 = x[:-1], y[:-1], x[1:], y[1:]
    adjacent = radius[:-1] * radius[1:] + x0 * x1 + y0 * y1
    half = np.minimum(np.maximum((x0 * y1 - x1 * y0) / np.maximum(adjacent, TINY), -1.0), 1.0)
    q = half / (1 + np.sqrt(1 + half * half))
    s = q * q
    return np.asarray(q * (1 - s * (1 / 3 - s * (1 / 5 - s * (1 / 7 - s / 9)))) * (2 / np.pi))
