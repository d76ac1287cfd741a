"""Geometry of a path that winds: the loop's plane, centre and axes, and turns counted about them.

Angles come from +, ×, ÷ and √ only, so that they are the same on every processor.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from footsense.types import Floats

TINY = 1e-12
BELOW = 0.55325  # arctan t = t (1 + (b − 1/3) t²) / (1 + b t²): right for small t and for t = 1
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


Matrix = tuple[Vector, Vector, Vector]  # rows


@dataclass(frozen=True, slots=True)
class Moments:
    """Of a path (3, n) as seen from its `first` point: mean, covariance, the vector area when closed by a
    straight line, ½ Σ c_i with c_i = p_i × p_(i+1), and its `lever`, Σ (p_i + p_(i+1)) c_i."""

    first: Vector
    mean: Vector
    spread: Matrix
    area: Vector
    lever: Matrix

    def along(self, a: Vector, b: Vector) -> Vector:
        """Variance of the coordinate along a, covariance of those along a and b, variance of that along b."""
        by_a, by_b = applied(self.spread, a), applied(self.spread, b)
        return dot(a, by_a), dot(a, by_b), dot(b, by_b)


def applied(matrix: Matrix, to: Vector) -> Vector:
    return dot(matrix[0], to), dot(matrix[1], to), dot(matrix[2], to)


def moments(path: Floats) -> Moments:
    n = path.shape[1]
    p = np.empty((6, n))  # x, y, z, x, y, 1
    np.subtract(path, path[:, :1], out=p[:3])  # the closing edge then adds nothing to the area
    p[3:5], p[5] = p[:2], 1.0
    swept = p[1:4, :-1] * p[2:5, 1:]
    swept -= p[2:5, :-1] * p[1:4, 1:]
    (xz, yz, zz), (xx, xy, _), (_, yy, _), (x, y, z) = (np.einsum("in,jn->ij", p[2:], p[:3]) / n).tolist()
    xx, xy, xz, yy, yz, zz = xx - x * x, xy - x * y, xz - x * z, yy - y * y, yz - y * z, zz - z * z
    both = np.ones((4, n - 1))
    np.add(p[:3, :-1], p[:3, 1:], out=both[:3])
    *lever, area = np.einsum("in,jn->ij", both, swept).tolist()
    first = tuple(path[:, 0].tolist())
    return Moments(first, (x, y, z), ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz)), times(area, 0.5), tuple(lever))


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

    def unit(self, path: Floats) -> Floats:
        """Coordinates (2, n) of a path (3, n) in which this loop is the unit circle."""
        at = np.einsum("ij,jn->in", np.array((self.along, self.across)), path)
        at -= ((dot(self.centre, self.along),), (dot(self.centre, self.across),))
        return np.asarray(at)


def fit_loop(path: Floats, of: Moments | None = None) -> Loop | None:
    """The Loop of one turn (3, n), whose Moments may be at hand; None where it has no area at all."""
    m = of or moments(path)
    size = sqrt(dot(m.area, m.area))
    if size < TINY:
        return None
    normal = unit(m.area)
    e1, e2 = plane_basis(normal)
    xx, xy, yy = m.along(e1, e2)
    cx, cy = _centre_of_area(m, e1, e2, times(applied(m.lever, normal), 1 / (6 * size)), xx + yy)
    # the spread about the centre of area is that about the mean and the distance of the two
    (ax, ay), length, thickness = half_axes(xx + cx * cx, xy + cx * cy, yy + cy * cy)
    major = plus(times(e1, ax), times(e2, ay))
    across = times(cross(normal, major), 1 / max(thickness, THINNEST * length, TINY))
    centre = plus(plus(m.first, m.mean), plus(times(e1, cx), times(e2, cy)))
    return Loop(centre, times(major, 1 / length), across, normal, length, size / (np.pi * length))


def seen_along(m: Moments, axis: Vector) -> tuple[float, float]:
    """Width to length of a loop as seen along a unit vector, and its area, positive if it goes right-handed."""
    area = dot(m.area, axis)
    e1, e2 = plane_basis(axis)
    _, length, _ = half_axes(*m.along(e1, e2))
    return abs(area) / (np.pi * length * length), area


def plane_basis(normal: Vector) -> tuple[Vector, Vector]:
    """Unit vectors e1, e2 with e1 × e2 = normal."""
    sizes = [abs(v) for v in normal]
    axes: tuple[Vector, Vector, Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    e1 = unit(cross(axes[sizes.index(min(sizes))], normal))
    return e1, cross(normal, e1)


def _centre_of_area(m: Moments, e1: Vector, e2: Vector, lean: Vector, spread: float) -> tuple[float, float]:
    """Of the polygon, in the plane of e1 and e2, from its mean, which leans to where the foot dwells. `lean` is
    the centre from the first point, `spread` the variance about the mean."""
    x, y = dot(m.mean, e1), dot(m.mean, e2)
    far = sqrt(spread + x * x + y * y)  # a figure of eight may have any
    return min(max(dot(e1, lean) - x, -far), far), min(max(dot(e2, lean) - y, -far), far)


def half_axes(sxx: float, sxy: float, syy: float) -> tuple[tuple[float, float], float, float]:
    """Direction of the longer, length of both half axes of the ellipse with this covariance."""
    root = sqrt((sxx - syy) * (sxx - syy) / 4 + sxy * sxy)
    big, small = (sxx + syy) / 2 + root, max((sxx + syy) / 2 - root, 0.0)
    mx, my = (big - syy, sxy) if sxx >= syy else (sxy, big - sxx)
    size = sqrt(mx * mx + my * my)
    direction = (mx / size, my / size) if size > TINY else (1.0, 0.0)
    return direction, max(sqrt(2 * big), TINY), sqrt(2 * small)


def square2(at: Floats) -> Floats:
    """Squared distance (n,) of points (2, n) from the origin."""
    x, y = at
    return np.asarray(x * x + y * y)


def turned(at: Floats) -> Floats:
    """Turns (n−1,) from each point (2, n) to the next, seen from the origin; counter-clockwise is positive.

    θ = 2·arctan t with t = tan(θ/2), which is held within ±1. What stands for the arctangent is at most 0.05 %
    off.
    """
    square = at * at
    apart = np.add(square[0], square[1], out=square[0])
    adjacent = apart[:-1] * apart[1:]
    np.sqrt(adjacent, out=adjacent)
    along = at[:, :-1] * at[:, 1:]
    adjacent += along[0]
    adjacent += along[1]
    half = at[0, :-1] * at[1, 1:]
    half -= at[0, 1:] * at[1, :-1]
    half /= np.maximum(adjacent, TINY, out=adjacent)
    np.minimum(np.maximum(half, -1.0, out=half), 1.0, out=half)
    s = half * half
    half *= s * ((BELOW - 1 / 3) / np.pi) + 1 / np.pi
    s *= BELOW
    s += 1.0
    half /= s
    return half


def summed(steps: Floats, start: float = 0.0) -> Floats:
    """Running sum (n+1,) of steps (n,), that begins at `start`."""
    total = np.empty(len(steps) + 1)
    total[0], total[1:] = start, steps
    return total.cumsum(out=total)
