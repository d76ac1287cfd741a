"""Recordings: the strict CSV reader, the MCAP writer and its strict reader."""

from footsense.recording.model import Damage, Recording, Track
from footsense.recording.opening import open_recording
from footsense.recording.writer import Recorder, part_path

__all__ = ["Damage", "Recorder", "Recording", "Track", "open_recording", "part_path"]
