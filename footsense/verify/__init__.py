"""Events + prescription → verdict; pure."""

from footsense.verify.holes import Why
from footsense.verify.verdict import (
    HOLD_ERROR_S,
    Answer,
    Evidence,
    ItemVerdict,
    Verdict,
    as_json,
    verify,
)

__all__ = ["HOLD_ERROR_S", "Answer", "Evidence", "ItemVerdict", "Verdict", "Why", "as_json", "verify"]
