"""What an adversary with the database, or with a part of the keys, cannot do; what the next release must still open."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from tests.databases import KEYS, key, keys_text
from upr_bot.settings import read_settings
from upr_bot.storage import BrokenSeal, Sealer
from upr_bot.storage.seal import Key, keys_of, mark, new_key

PLACE = "subscription.sealed"


def derived(secret: bytes, purpose: bytes) -> bytes:
    """RFC 5869 in two lines, for 32 bytes and no salt: what the library derives, by another hand."""
    extracted = hmac.digest(bytes(32), secret, hashlib.sha256)
    return hmac.digest(extracted, b"upr-guide/1/" + purpose + b"\x01", hashlib.sha256)


def test_s1_a_mark_is_the_hmac_of_its_parts_each_with_its_length() -> None:
    """Text, numbers and bytes: whoever moves a letter from one part to the next gets another mark."""
    said = b"\0\x03row\0\x0242\0\x02\xff\0"
    assert mark(key(), "row", 42, b"\xff\0") == hmac.digest(derived(KEYS[1], b"index"), said, hashlib.sha256)
    assert mark(key(), "ab", "c") != mark(key(), "a", "bc")
    assert mark(key(1), "row") != mark(key(2), "row")


def test_s1_the_keys_of_the_environment_seal_under_the_first_and_open_under_each() -> None:
    keys = keys_of(read_settings({"UPR_KEYS": keys_text(3, 1), "UPR_TELEGRAM_TOKEN": "123456:abcdefghijklmnop"}))
    assert [(k.number, k.secret) for k in keys] == [(3, KEYS[3]), (1, KEYS[1])]
    sealer = Sealer(keys)
    sealed = sealer.seal(PLACE, b"row", b"words", 16)
    assert sealer.number_of(sealed) == 3
    assert Sealer([key(3)]).open(PLACE, b"row", sealed) == b"words"
    old = Sealer([key(1)]).seal(PLACE, b"row", b"old", 16)
    assert (sealer.open(PLACE, b"row", old), sealer.number_of(old)) == (b"old", 1)


def test_s1_a_key_under_another_number_opens_nothing() -> None:
    """The number is bound, too: it cannot be rewritten to send somebody after another key."""
    sealed = Sealer([Key(1, KEYS[1])]).seal(PLACE, b"row", b"words", 16)
    with pytest.raises(BrokenSeal):
        Sealer([Key(2, KEYS[1])]).open(PLACE, b"row", sealed[:1] + b"\0\x02" + sealed[3:])


def test_s1_a_new_key_is_32_bytes_that_nobody_has_seen() -> None:
    made = [new_key() for _ in range(20)]
    assert len(set(made)) == 20
    assert {len(base64.b64decode(k, validate=True)) for k in made} == {32}
    assert len(keys_of(read_settings({"UPR_KEYS": f"1:{made[0]}", "UPR_TELEGRAM_TOKEN": "123456:abcdefghijklmnop"}))) == 1


def test_s1_what_fills_its_place_is_sealed_and_what_is_longer_is_refused() -> None:
    sealer = Sealer([key()])
    for plain in (b"", b"\0", b"ends with zeros\0", b"x" * 16):
        sealed = sealer.seal(PLACE, b"row", plain, 16)
        assert sealer.open(PLACE, b"row", sealed) == plain
        assert len(sealed) == 15 + 2 + 16 + 16, "head, length, place, tag"
    with pytest.raises(ValueError, match="longer than the place"):
        sealer.seal(PLACE, b"row", b"x" * 17, 16)


def test_s1_two_seals_of_the_same_share_no_nonce() -> None:
    sealer = Sealer([key()])
    assert len({sealer.seal(PLACE, b"row", b"words", 16)[3:15] for _ in range(200)}) == 200


def test_s1_a_seal_says_its_key_and_what_is_none_is_broken() -> None:
    for broken in (b"", b"\x01\0\x01" + bytes(11)):
        with pytest.raises(BrokenSeal, match="add the old key again") as told:
            Sealer([key()]).number_of(broken)
        assert "UPR_KEYS" in str(told.value)
    assert Sealer([key()]).number_of(b"\x01\x01\x02" + bytes(12)) == 258


def test_s1_a_key_does_not_print() -> None:
    said = repr(key(2)) + str(key(2)) + f"{[key(2)]}"
    assert "2" in said
    for secret in (KEYS[2], key(2).indexing):
        assert repr(secret)[2:12] not in said
        assert base64.b64encode(secret).decode()[:8] not in said
