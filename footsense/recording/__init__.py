"""Recordings: MCAP written and read strictly, CSV read strictly."""
