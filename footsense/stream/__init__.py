"""The stream stage: what lies between a device's packets, or a table of samples, and the detectors."""

from footsense.stream.arrays import items_from_arrays

__all__ = ["items_from_arrays"]
