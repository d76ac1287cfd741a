"""The stream stage: what lies between a device's packets, or a table of samples, and the detectors."""

from footsense.stream.arrays import items_from_arrays
from footsense.stream.pipeline import Pipeline
from footsense.stream.stage import Stage

__all__ = ["Pipeline", "Stage", "items_from_arrays"]
