"""The completion record: a verdict with its evidence, bound to its recordings, signed, one chain a wearer."""

from footsense.completion.canonical import encoded, entry_in, sha256_of
from footsense.completion.check import (
    Answer,
    Chain,
    Finding,
    chain_of,
    check_chain,
    check_recordings,
    check_routine,
    check_signature,
    corrected,
    same_session,
)
from footsense.completion.keys import Keys, fingerprint, verified
from footsense.completion.ledger import ENDING, Ledger, read_entry
from footsense.completion.model import PROVES, SCHEMA, Completion, Correction, Entry, Item, Result
from footsense.completion.witness import Seen, software, witnessed

__all__ = [
    "ENDING", "PROVES", "SCHEMA", "Answer", "Chain", "Completion", "Correction", "Entry", "Finding", "Item",
    "Keys", "Ledger", "Result", "Seen", "chain_of", "check_chain", "check_recordings", "check_routine",
    "check_signature", "corrected", "encoded", "entry_in", "fingerprint", "read_entry",
    "same_session", "sha256_of", "software", "verified", "witnessed",
]  # fmt: skip
