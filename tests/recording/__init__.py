"""What becomes of a recording when the machine, the disk or somebody's hand does it harm.

    python -m tests.recording     writes tests/RECORDING.md; --check only says whether all is as it must be

Each module here does one kind of harm; the quick tests use them with small numbers.
"""
