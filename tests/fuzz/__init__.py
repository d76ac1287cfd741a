"""Readers of what strangers send, given anything: packets, profiles, tables, recordings, routines, records."""
