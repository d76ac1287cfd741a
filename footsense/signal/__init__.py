"""Causal, chunk-invariant signal processing. Nothing here knows an exercise."""
