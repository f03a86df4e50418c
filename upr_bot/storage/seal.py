"""What is kept about people is sealed: AES-256-GCM under keys that are never in the database.

A sealed value is `version (1 byte) | key number (2) | nonce (12) | ciphertext, tag`. It is bound to its place (table, column, row):
a value moved to another row does not open. Plaintexts are padded to one size, so that lengths tell nothing.

Sources: NIST SP 800-38D (GCM), RFC 5869 (HKDF).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from upr_bot.errors import StorageError
from upr_bot.settings import KEY_BYTES, Settings

VERSION: Final = 1
_HEAD: Final = struct.Struct(">BH12s")
_LENGTH: Final = struct.Struct(">H")


class BrokenSeal(StorageError):
    """A sealed value does not open: it was altered, moved, cut, or sealed under a key that is not given."""

    def __init__(self) -> None:
        super().__init__(
            "A stored record does not open; it was altered, or its key is missing from UPR_KEYS: add the old key again."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One key of `UPR_KEYS`, and what is derived from it. Does not print."""

    number: int
    secret: bytes
    cipher: AESGCM = field(init=False)
    indexing: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cipher", AESGCM(self._derived(b"seal")))
        object.__setattr__(self, "indexing", self._derived(b"index"))

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"upr-guide/1/" + purpose).derive(self.secret)

    def __repr__(self) -> str:
        return f"Key({self.number}, …)"


def keys_of(settings: Settings) -> tuple[Key, ...]:
    """Return the keys of the settings, the newest first."""
    return tuple(Key(number, base64.b64decode(secret.reveal())) for number, secret in settings.keys)


def new_key() -> str:
    """Return a new key as `UPR_KEYS` spells it, without its number."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


class Sealer:
    """Seals under the newest key, opens under any. `keys`: the newest first."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.newest = keys[0]
        self._keys = {key.number: key for key in keys}
        self.keys = tuple(keys)

    def seal(self, place: str, row: bytes, plain: bytes, size: int) -> bytes:
        """Seal bytes for `table.column` of a row, padded to `size` bytes. Raises ValueError when they are more."""
        if len(plain) > size:
            raise ValueError("longer than the place it is for")
        padded = _LENGTH.pack(len(plain)) + plain.ljust(size, b"\0")
        nonce = os.urandom(12)
        head = _HEAD.pack(VERSION, self.newest.number, nonce)
        return head + self.newest.cipher.encrypt(nonce, padded, _bound(self.newest.number, place, row))

    def open(self, place: str, row: bytes, sealed: bytes) -> bytes:
        """Return what was sealed for `table.column` of a row. Raises `BrokenSeal`, never anything else, whatever the bytes."""
        try:
            version, number, nonce = _HEAD.unpack_from(sealed)
            padded = self._keys[number].cipher.decrypt(nonce, sealed[_HEAD.size :], _bound(number, place, row))
        except (InvalidTag, KeyError, ValueError, struct.error):
            raise BrokenSeal from None
        if version != VERSION:
            raise BrokenSeal
        (length,) = _LENGTH.unpack_from(padded)
        return padded[_LENGTH.size : _LENGTH.size + length]

    def number_of(self, sealed: bytes) -> int:
        """Return the number of the key that a value was sealed under. Raises `BrokenSeal` when it has none."""
        try:
            return int(_HEAD.unpack_from(sealed)[1])
        except struct.error:
            raise BrokenSeal from None


def mark(key: Key, *parts: bytes | str | int) -> bytes:
    """Return the keyed index of some values (HMAC-SHA256): equal for equal values, and without the key nothing."""
    made = hmac.new(key.indexing, digestmod=hashlib.sha256)
    for part in parts:
        said = part if isinstance(part, bytes) else str(part).encode()
        made.update(_LENGTH.pack(len(said)) + said)
    return made.digest()


def _bound(number: int, place: str, row: bytes) -> bytes:
    return b"%d/%d/%s/%s" % (VERSION, number, place.encode(), row)
