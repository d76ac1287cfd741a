"""Recordings: the strict CSV reader, the MCAP writer and its strict reader."""

from footsense.recording.model import Damage, Recording, Track
from footsense.recording.opening import open_recording

__all__ = ["Damage", "Recording", "Track", "open_recording"]
