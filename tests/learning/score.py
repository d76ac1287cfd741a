"""Whether a learned profile says of the same packets what the true one says: the same samples, in a frame
that is turned at most, with scales within 2 %."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from footsense.devices import Decoder
from footsense.devices.learning import Capture, Declined, learn
from footsense.errors import PacketError
from footsense.types import Decoded
from tests.learning.session import Floats

WITHIN = 0.02
Decode = Callable[[Capture], tuple[Floats, Floats | None]]  # acc in g (n, 3), gyro in dps (m, 3)


@dataclass(frozen=True)
class Score:
    """`verdict`: right, part (the accelerometer alone is right, and no gyroscope was found), wrong or declined;
    `sure`: whether it was called so; `why`: in a few words."""

    verdict: str
    sure: bool
    why: str

    @property
    def falsely_sure(self) -> bool:
        """Wrong or half of it, and yet called sure."""
        return self.sure and self.verdict != "right"


def decoded_with(decoder: Decoder, capture: Capture) -> tuple[Floats, Floats | None]:
    """All samples of a capture."""
    frames: list[Decoded] = []
    for packet in capture.packets:
        try:
            frames += decoder.feed(packet.char, packet.payload)
        except PacketError:
            continue
    acc = [f.acc_g for f in frames if f.acc_g is not None]
    gyr = [f.gyr_dps for f in frames if f.gyr_dps is not None]
    return np.concatenate(acc) if acc else np.empty((0, 3)), np.concatenate(gyr) if gyr else None


def score(
    capture: Capture, truth: tuple[Floats, Floats | None], own: tuple[float, float] = (1.0, 1.0)
) -> Score:
    """How right what is learned is. `truth`: acc in g and gyro in dps, by the true layout; `own`: the unit's
    own mean scales, which a scale may come out with as well."""
    made = learn(capture)
    if isinstance(made, Declined):
        return Score("declined", False, made.reason)
    told = decoded_with(Decoder(made.profile, {}), capture)
    fault, verdict = _fault(told, truth, own)
    return Score(verdict, made.sure, fault or "; ".join(made.doubts))


def _fault(
    told: tuple[Floats, Floats | None], truth: tuple[Floats, Floats | None], own: Sequence[float]
) -> tuple[str, str]:
    turn, why = _agrees(told[0], truth[0], own[0], 0.03)
    if turn is None:
        return f"acc: {why}", "wrong"
    if truth[1] is None:
        return ("a gyroscope that is none", "wrong") if told[1] is not None else ("", "right")
    if told[1] is None:
        return "no gyroscope found", "part"
    same, why = _agrees(told[1], truth[1], own[1], 3.0)
    if same is None:
        return f"gyro: {why}", "wrong"
    if not np.array_equal(same, turn):
        return "gyro: turned otherwise than acc", "wrong"
    return ("", "right") if np.linalg.det(turn) > 0 else ("left-handed", "wrong")


def _agrees(told: Floats, true: Floats, own: float, offset: float) -> tuple[Floats | None, str]:
    """The signed permutation that takes one to the other, None where nothing but a scale does."""
    if len(told) != len(true):
        return None, f"{len(told)} samples of {len(true)}"
    shift = np.median(true, axis=0), np.median(told, axis=0)
    matrix, *_ = np.linalg.lstsq(told - shift[1], true - shift[0], rcond=None)
    turn = np.zeros((3, 3))
    for j, k in enumerate(np.argmax(np.abs(matrix), axis=0)):
        turn[j, k] = np.sign(matrix[k, j])
    if abs(np.linalg.det(turn)) != 1:
        return None, "other numbers"
    size = float(np.abs(matrix.T * turn).sum() / 3)
    left = true - size * told @ turn.T
    if np.ptp(left, axis=0).max() > 2e-3 * np.abs(true).max() or np.abs(left).max() > offset:
        return None, "other numbers"
    if min(abs(size - 1), abs(size / own - 1), abs(size * own - 1)) > WITHIN:
        return None, f"scale off by {100 * (size - 1):.1f} %"
    return turn, ""
