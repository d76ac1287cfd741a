"""How fast a recording is replayed: the five detectors beside what else one could do with the same array.

    python -m tests.benchmarks.replay [--minutes 60] [--rate-hz 100] [--repeats 5]

Prints samples a second of one core (six axes are one sample), the median of the repeats with their range. The
rows are timed in turn within each repeat, so that a machine whose speed drifts favours none of them.
"""
