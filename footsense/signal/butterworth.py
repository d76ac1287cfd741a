"""Butterworth filters with the same coefficients on every processor.

scipy's designs and `sosfilt_zi` go through numpy's `tan` and `exp` and through BLAS, whose last bits differ
between SIMD levels and kernels; a detector fed with them would not give the same events everywhere. Here the
transcendental numbers come from decimal arithmetic, correctly rounded, and the rest is IEEE addition,
multiplication, division.

Method: analogue prototype, pre-warping by tan(π·f/rate), bilinear transform (Oppenheim and Schafer,
Discrete-Time Signal Processing, 3rd ed., 7.2). Frequencies are in Hz, above 0 and below half the rate:
ValueError otherwise. What is returned is cached and shared; do not write into it.
"""

from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np

from footsense.types import Floats

_PI = Decimal("3.14159265358979323846264338327950288419716939937510")
_DIGITS = 50
_NEGLIGIBLE = Decimal("1e-45")

Coefficients = tuple[Floats, Floats]


@lru_cache(maxsize=64)
def low_pass(order: int, cutoff_hz: float, rate_hz: float) -> Floats:
    """Sections (⌈order/2⌉, 6), each [b0, b1, b2, 1, a1, a2] and of gain 1 at 0 Hz, as `sosfilt` takes them."""
    k = _warped(cutoff_hz, rate_hz)
    sections = []
    if order % 2:
        b = k / (1.0 + k)
        sections.append([b, b, 0.0, 1.0, (k - 1.0) / (k + 1.0), 0.0])
    for damping in _dampings(order):
        whole = 1.0 + damping * k + k * k
        b = k * k / whole
        sections.append([b, 2.0 * b, b, 1.0, 2.0 * (k * k - 1.0) / whole, (1.0 - damping * k + k * k) / whole])
    return np.array(sections)


def settled(sections: Floats) -> Floats:
    """States (n, 2) from which the sections of a low-pass give 1 as long as they are given 1, for `sosfilt`."""
    return np.stack([1.0 - sections[:, 0], sections[:, 2] - sections[:, 5]], axis=1)


@lru_cache(maxsize=64)
def high_pass(order: int, cutoff_hz: float, rate_hz: float) -> Coefficients:
    """(b, a), each (order + 1,), as `lfilter` takes them."""
    k = _warped(cutoff_hz, rate_hz)
    passed = [0.0] * order + [1.0]  # s^order, by rising powers
    whole = [1.0]
    for damping in _dampings(order):
        whole = product(whole, [k * k, damping * k, 1.0])
    if order % 2:
        whole = product(whole, [k, 1.0])
    return _bilinear(passed, whole)


@lru_cache(maxsize=64)
def band_pass(order: int, band_hz: tuple[float, float], rate_hz: float) -> Coefficients:
    """(b, a), each (2·order + 1,); `order` is that of the low-pass it is made from, as in scipy."""
    low, high = (_warped(f, rate_hz) for f in band_hz)
    width, middle = high - low, low * high
    around, across = [middle, 0.0, 1.0], [0.0, width]  # the prototype's s is (s² + middle) / (width·s)
    passed, whole = [1.0], [1.0]
    for damping in _dampings(order):
        square, both = product(around, around), product(around, across)
        whole = product(whole, _sum(square, [damping * x for x in both], product(across, across)))
        passed = product(passed, product(across, across))
    if order % 2:
        whole, passed = product(whole, _sum(around, across)), product(passed, across)
    return _bilinear([*passed, *[0.0] * (len(whole) - len(passed))], whole)


def _warped(frequency_hz: float, rate_hz: float) -> float:
    """tan(π·f/rate), correctly rounded."""
    if not 0.0 < frequency_hz < 0.5 * rate_hz:
        raise ValueError(f"{frequency_hz:g} Hz is not between 0 and half of {rate_hz:g} Hz")
    with localcontext(prec=_DIGITS):
        sine, cosine = _sine_and_cosine(_PI * Decimal(frequency_hz) / Decimal(rate_hz))
        return float(sine / cosine)


def _dampings(order: int) -> list[float]:
    """The prototype's pairs of poles: s² + damping·s + 1 each."""
    with localcontext(prec=_DIGITS):
        angles = [_PI * (2 * k + 1) / (2 * order) for k in range(order // 2)]
        return [float(2 * _sine_and_cosine(angle)[0]) for angle in angles]


def _sine_and_cosine(angle: Decimal) -> tuple[Decimal, Decimal]:
    """By their power series; for 0 to π/2."""
    sums = [Decimal(0), Decimal(0)]
    term, k = Decimal(1), 0
    while abs(term) > _NEGLIGIBLE:
        sums[k % 2] += term if k % 4 < 2 else -term
        k += 1
        term *= angle / k
    return sums[1], sums[0]


def product(a: list[float], b: list[float]) -> list[float]:
    """Of two polynomials, coefficients by rising powers."""
    out = [0.0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def _sum(*polynomials: list[float]) -> list[float]:
    longest = max(map(len, polynomials))
    return [sum(p[i] for p in polynomials if i < len(p)) for i in range(longest)]


def _bilinear(passed: list[float], whole: list[float]) -> Coefficients:
    """H(s) = passed/whole, coefficients by rising powers and as many, with s = (1 - 1/z) / (1 + 1/z)."""
    numbers = []
    for polynomial in (passed, whole):
        out = [0.0] * len(polynomial)
        for power, x in enumerate(polynomial):
            part = [1.0]
            for k in range(len(polynomial) - 1):
                part = product(part, [1.0, -1.0] if k < power else [1.0, 1.0])
            out = [o + x * p for o, p in zip(out, part, strict=True)]
        numbers.append(out)
    first = numbers[1][0]
    b, a = ([x / first for x in row] for row in numbers)
    return np.array(b), np.array(a)
