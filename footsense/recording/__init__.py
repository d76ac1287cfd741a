"""Recordings: the strict CSV reader, the MCAP writer and its strict reader."""

from footsense.recording.mcap import resumed
from footsense.recording.model import Damage, Recording, Segment, Track
from footsense.recording.opening import open_recording
from footsense.recording.writer import Recorder, part_path

__all__ = ["Damage", "Recorder", "Recording", "Segment", "Track", "open_recording", "part_path", "resumed"]
