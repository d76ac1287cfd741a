"""What was done in one recording: events, counts, how far they can be trusted."""

from footsense.analysis.analyse import analyse
from footsense.analysis.form import error_json, event_json, to_json
from footsense.analysis.model import Analysis, RecordingFacts, Segment, SensorFacts

__all__ = [
    "Analysis",
    "RecordingFacts",
    "Segment",
    "SensorFacts",
    "analyse",
    "error_json",
    "event_json",
    "to_json",
]
