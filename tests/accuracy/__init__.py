"""How right the counts are, on real recordings and on simulated ones, never pooled.

    FOOTSENSE_DATA=… python -m tests.accuracy --sets 40 --hours 10     writes tests/ACCURACY.md

The figures in README come from there.
"""

SCORED_ONLY = 90_000  # seeds from here on serve no tuning
