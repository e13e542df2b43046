"""Keys in a hardware security module: they cannot be had out of it, and nothing opens without it."""

from __future__ import annotations

from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType

from ivr.adapters.files.keys.age_seal import new_identity
from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.adapters.hsm.key_store import TokenKeyStore
from ivr.adapters.hsm.token import Token
from ivr.core.vault.keys import leaf_of
from ivr.errors import EnvironmentFault, OperatorError, SealError
from tests.contract.softhsm import MODULE, PIN, new_token, softhsm


def test_the_wrapping_key_was_made_in_the_token_and_cannot_be_read_nor_decrypt(tmp_path: Path) -> None:
    token = new_token()
    store = TokenKeyStore.create(tmp_path / "token.json", token)
    with pkcs11.lib(str(MODULE)).get_token(token_label=token.label).open() as session:
        key = session.get_key(label=store.keks()[0].kek_id)
        with pytest.raises(pkcs11.AttributeSensitive):
            key[Attribute.VALUE]
        held = [key[one] for one in (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE)]
        assert held == [True, True, True]
        assert not any(key[one] for one in (Attribute.EXTRACTABLE, Attribute.DECRYPT, Attribute.ENCRYPT))


def test_a_key_of_ours_that_could_be_read_out_is_refused(tmp_path: Path) -> None:
    token = new_token()
    store = TokenKeyStore.create(tmp_path / "token.json", token)
    name = store.keks()[0].kek_id
    token.destroy_kek(name)
    with pkcs11.lib(str(MODULE)).get_token(token_label=token.label).open(rw=True) as session:
        weak = {Attribute.EXTRACTABLE: True, Attribute.WRAP: True, Attribute.UNWRAP: True}
        session.generate_key(KeyType.AES, 256, label=name, store=True, template=weak)
        with pytest.raises(SealError, match="can be read out"):
            token.issue(name)


def test_the_file_beside_the_token_opens_with_that_token_only_and_shows_no_secret(tmp_path: Path) -> None:
    store = TokenKeyStore.create(tmp_path / "token.json", new_token())
    issued = store.issue()
    with pytest.raises(SealError, match="has no key"):
        TokenKeyStore(tmp_path / "token.json", new_token())
    assert issued.key not in (tmp_path / "token.json").read_bytes()


def test_a_flipped_bit_anywhere_in_the_file_is_an_error(tmp_path: Path) -> None:
    token = new_token()
    TokenKeyStore.create(tmp_path / "token.json", token)
    path = tmp_path / "token.json"
    data = path.read_bytes()
    for at in range(0, len(data), 29):
        damaged = bytearray(data)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(SealError):
            TokenKeyStore(path, token)


def test_while_the_token_is_away_nothing_is_issued_and_when_it_is_back_all_is_as_before(tmp_path: Path) -> None:
    store = TokenKeyStore.create(tmp_path / "token.json", new_token())
    before = store.issue()
    softhsm().pull_out()
    try:
        with pytest.raises(EnvironmentFault, match=r"does not answer|there is no token"):
            store.issue()
        with pytest.raises(EnvironmentFault):
            store.open(before.wrapped, before.kek_id)
    finally:
        softhsm().put_back()
    assert store.open(before.wrapped, before.kek_id) == before.key
    after = store.issue()
    assert leaf_of(after.wrapped) != leaf_of(before.wrapped)


def test_a_wrong_pin_is_named_and_not_tried_again_for_that_would_lock_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = softhsm().make()
    with pytest.raises(OperatorError, match="is wrong") as refused:
        Token(MODULE, label, b"9999")
    assert "9999" not in str(refused.value)
    store = TokenKeyStore.create(tmp_path / "token.json", Token(MODULE, label, PIN))
    token = store._token
    token.close()
    monkeypatch.setattr(token, "_pin", "9999")
    with pytest.raises(OperatorError, match="wrong"):
        store.issue()
    monkeypatch.setattr(token, "_pin", PIN.decode())
    with pytest.raises(OperatorError, match="wrong"):
        store.issue()


def test_a_token_that_is_not_there_is_named() -> None:
    new_token()
    with pytest.raises(EnvironmentFault, match="no token nowhere"):
        Token(MODULE, "nowhere", PIN)


def test_a_key_retired_by_another_process_opens_nothing_here(tmp_path: Path) -> None:
    token = new_token()
    hub = TokenKeyStore.create(tmp_path / "token.json", token)
    before = hub.issue()
    other = TokenKeyStore(tmp_path / "token.json", Token(MODULE, token.label, PIN))
    other.rotate()
    other.retire(before.kek_id)
    with pytest.raises(SealError, match="has no key"):
        hub.open(before.wrapped, before.kek_id)
    with pytest.raises(SealError, match="has no key"):
        token.unwrap(before.kek_id, bytes(40))
    assert hub.issue().kek_id == hub.keks()[-1].kek_id


def test_a_lost_token_is_replaced_by_the_recovery_key_but_what_was_shredded_stays_so(tmp_path: Path) -> None:
    secret, public = new_identity()
    (tmp_path / "key.txt").write_text(secret)
    store = TokenKeyStore.create(tmp_path / "token.json", new_token(), recovery=public)
    kept, gone = store.issue(), store.issue()
    store.shred([gone.wrapped])
    sealed = recovery_file(tmp_path / "token.json").read_bytes()
    again = TokenKeyStore.recover(tmp_path / "new.json", new_token(), sealed, tmp_path / "key.txt")
    assert again.open(kept.wrapped, kept.kek_id) == kept.key
    wrapped, kek_id = again.rewrap(kept.wrapped, kept.kek_id)
    later = TokenKeyStore(tmp_path / "new.json", again._token)
    assert later.open(wrapped, kek_id) == kept.key
    with pytest.raises(SealError, match="has no key"):
        later.open(kept.wrapped, kept.kek_id)
    with pytest.raises(SealError, match="shredded"):
        again.open(gone.wrapped, gone.kek_id)
    assert leaf_of(later.issue().wrapped) > leaf_of(gone.wrapped)
    assert later.fingerprint("caller", b"1") == store.fingerprint("caller", b"1")


def test_a_key_issued_before_there_was_a_recovery_key_is_sealed_to_it_when_it_is_wrapped_anew(tmp_path: Path) -> None:
    secret, public = new_identity()
    (tmp_path / "key.txt").write_text(secret)
    store = TokenKeyStore.create(tmp_path / "token.json", new_token())
    before = store.issue()
    store.set_recovery(public)
    wrapped, kek_id = store.rewrap(before.wrapped, before.kek_id)
    sealed = recovery_file(tmp_path / "token.json").read_bytes()
    again = TokenKeyStore.recover(tmp_path / "new.json", new_token(), sealed, tmp_path / "key.txt")
    assert again.open(wrapped, kek_id) == before.key
    with pytest.raises(SealError):
        again.open(before.wrapped, before.kek_id)
