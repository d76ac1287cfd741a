"""What was done in one recording: events, counts, how far they can be trusted."""

from footsense.analysis.apart import by_exercise
from footsense.analysis.checks import with_check
from footsense.analysis.form import error_json, event_json, to_json
from footsense.analysis.marked import analyse_marked
from footsense.analysis.model import Analysis, RecordingFacts, SensorFacts
from footsense.analysis.run import analyse, analyse_each
from footsense.recognise import Segment

__all__ = [
    "Analysis",
    "RecordingFacts",
    "Segment",
    "SensorFacts",
    "analyse",
    "analyse_each",
    "analyse_marked",
    "by_exercise",
    "error_json",
    "event_json",
    "to_json",
    "with_check",
]
