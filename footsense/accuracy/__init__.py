"""How right the counts and the completion checks are, measured on labelled recordings.

    card([outcome, …])            # all real, or all simulated: the two are never added up
    score(labelled, recording, items)

Recordings come with the contract's truth files, or from simulated wearers, which are no evidence of accuracy on
people.
"""

from footsense.accuracy.card import Card, card
from footsense.accuracy.score import Outcome, score
from footsense.accuracy.truth import Labelled, read_truth

__all__ = ["Card", "Labelled", "Outcome", "card", "read_truth", "score"]
