"""The installation's signing key (Ed25519, RFC 8032), its rotations, and the wearers' pseudonyms."""

import contextlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from footsense.completion.canonical import decoded, encoded
from footsense.completion.model import Entry, Rotation
from footsense.errors import RecordError
from footsense.private import create_private, private_folder, write_private
from footsense.text import display

_KEY, _PSEUDONYMS, _ROTATIONS = "signing.key", "pseudonyms.key", "rotations.jsonl"
_SIZE = 32  # bytes of a key


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in a folder, made when they are first asked for. Files are 0600, the folder is 0700."""

    folder: Path

    @property
    def public(self) -> str:
        """The public key, hexadecimal."""
        return _public(self._key())

    def signed(self, entry: Entry) -> Entry:
        """The entry with this installation's key and signature."""
        key = self._key()
        entry = msgspec.structs.replace(entry, key=_public(key), signature="")
        return msgspec.structs.replace(entry, signature=key.sign(encoded(entry)).hex())

    def pseudonym(self, wearer: str) -> str:
        """What stands for a wearer in records: HMAC-SHA256 of the name under a secret of this installation."""
        secret = self._bytes(_PSEUDONYMS)
        return hmac.digest(secret, wearer.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def rotate(self, day: str) -> Rotation:
        """Makes a new key, which the old one vouches for, and forgets the old one's secret."""
        old, new = self._key(), Ed25519PrivateKey.generate()
        rotation = _vouched(old, new, day)
        path = self.folder / _ROTATIONS
        before = path.read_bytes() if path.exists() else b""
        write_private(path, before + encoded(rotation))
        write_private(self.folder / _KEY, new.private_bytes_raw())
        return rotation

    def rotations(self, since: str) -> list[Rotation]:
        """Those that lead from the public key `since` to the present one; none if it did not come before."""
        path = self.folder / _ROTATIONS
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        from_old = {r.new: r for r in (decoded(line, Rotation) for line in lines)}
        found: list[Rotation] = []
        key = self.public
        while key != since and key in from_old:  # backwards: a rotation cut short led to a key that never was
            found.insert(0, from_old.pop(key))
            key = found[0].old
        return found if key == since else []

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._bytes(_KEY))

    def _bytes(self, name: str) -> bytes:
        path = self.folder / name
        if not path.exists():
            private_folder(self.folder)
            with contextlib.suppress(FileExistsError):  # another has just made it
                create_private(path, secrets.token_bytes(_SIZE))
        data = path.read_bytes()
        if len(data) != _SIZE:
            raise RecordError(f"{display(path)}: not a key of {_SIZE} bytes; put back a copy")
        return data


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _vouched(old: Ed25519PrivateKey, new: Ed25519PrivateKey, day: str) -> Rotation:
    names = (_public(old), _public(new))
    said = _said(*names, day)
    return Rotation(
        old=names[0], new=names[1], day=day,
        signed_by_old=old.sign(said).hex(), signed_by_new=new.sign(said).hex(),
    )  # fmt: skip


def _said(old: str, new: str, day: str) -> bytes:
    return f"footsense: the key {new} follows {old} from {day}\n".encode()


def verified(entry: Entry) -> bool:
    """Whether the entry was signed by the key that it names, as it stands."""
    return _valid(entry.key, entry.signature, encoded(msgspec.structs.replace(entry, signature="")))


def _valid(key: str, signature: str, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def lead(old: str, new: str, rotations: Sequence[Rotation]) -> bool:
    """Whether these rotations, each signed by both its keys, lead from one public key to the other."""
    for r in rotations:
        said = _said(r.old, r.new, r.day)
        if r.old != old or not _valid(r.old, r.signed_by_old, said) or not _valid(r.new, r.signed_by_new, said):
            return False
        old = r.new
    return old == new


def fingerprint(key: str) -> str:
    """The first 80 bits of a public key, as a person can read them out: `5e0c-91ab-…`."""
    return "-".join(key[i : i + 4] for i in range(0, 20, 4))
