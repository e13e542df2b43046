"""Who comes in by the console: one suite for the fakes and the database's stores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ivr.adapters.sql.access_stores import SqlOnceStore, SqlSessionStore, SqlTokenStore, SqlTryStore
from ivr.adapters.sql.database import upgrade
from ivr.adapters.sql.user_store import SqlUserStore
from ivr.core.access.machine import MachineToken
from ivr.core.access.secret import digest
from ivr.core.access.session import Factor, Session
from ivr.core.access.user import Credentials, Passkey, User
from ivr.core.access.waits import FORGET_SECONDS, KNOWN_SECONDS, Counted, Tries
from ivr.core.identity.totp import Totp
from ivr.errors import OperatorError, SealError, TooSoonError
from ivr.ports.access import AccessStores
from ivr.testing.fake_access import memory_access
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite

NOW = 1_800_000_000.0
ANNA = User("user:anna", b"a" * 16, NOW)
SESSION = Session("5e551", digest("secret"), "user:anna", frozenset(Factor), NOW, NOW, "192.0.2.7")
TOKEN = MachineToken("70c", digest("token"), "nightly", "user:anna", frozenset({"a.b", "c.d"}), NOW, NOW + 9)
KEYS = {kind: bytes([number]) * 32 for number, kind in enumerate(Counted)}


def database(engine: Engine, keys: MemoryKeyStore) -> AccessStores:
    return AccessStores(
        SqlUserStore(engine, keys), SqlSessionStore(engine, keys), SqlTokenStore(engine, keys), SqlOnceStore(engine),
        SqlTryStore(engine),
    )  # fmt: skip


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AccessStores]:
    if request.param == "memory":
        yield memory_access()
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as engine:
        upgrade(engine)
        yield database(engine, MemoryKeyStore())


# --- users ------------------------------------------------------------------------------------------------------------


def test_a_user_is_found_by_name_by_device_and_by_invitation(stores: AccessStores) -> None:
    users, anna = stores.users, ANNA.invited("link", now=NOW)
    users.add(anna)
    users.add(replace(ANNA, name="user:bob", handle=b"b" * 16, first=True))
    assert users.find("user:anna") == users.by_handle(ANNA.handle) == users.invited(digest("link")) == anna
    assert (users.find("user:eve"), users.by_handle(b"e" * 16), users.invited("link")) == (None, None, None)
    assert [user.name for user in users.list()] == ["user:anna", "user:bob"]
    with pytest.raises(OperatorError, match="already"):
        users.add(ANNA)


def test_credentials_come_back_as_they_were_kept(stores: AccessStores) -> None:
    stores.users.add(ANNA)
    assert stores.users.credentials(ANNA) == Credentials()
    kept = Credentials("$argon2id$", Totp(b"seed", 7), b"offer", (Passkey(b"id", b"key", 3, NOW),))
    assert stores.users.change(replace(ANNA, disabled=True), kept)
    assert stores.users.find("user:anna") == replace(ANNA, disabled=True, version=1)
    assert stores.users.credentials(ANNA) == kept


def test_of_two_who_change_what_they_read_at_once_one_is_refused(stores: AccessStores) -> None:
    stores.users.add(ANNA)
    assert stores.users.change(replace(ANNA, signed_in_at=1.0), Credentials("one"))
    assert not stores.users.change(replace(ANNA, signed_in_at=2.0), Credentials("two"))
    assert stores.users.credentials(ANNA).password == "one"
    assert not stores.users.change(replace(ANNA, name="user:eve"))


def test_of_many_who_change_a_user_at_the_same_moment_one_does(stores: AccessStores) -> None:
    stores.users.add(ANNA)
    assert at_once(lambda number: stores.users.change(ANNA, Credentials(str(number)))).count(True) == 1


# --- sessions, tokens -------------------------------------------------------------------------------------------------


def test_a_session_is_found_by_its_hash_until_it_is_ended_once(stores: AccessStores) -> None:
    sessions = stores.sessions
    sessions.begin(SESSION)
    sessions.seen(SESSION.digest, at=NOW + 60)
    assert sessions.find(SESSION.digest) == replace(SESSION, seen_at=NOW + 60)
    assert (sessions.find("secret"), sessions.end("other")) == (None, False)
    assert at_once(lambda number: sessions.end(SESSION.session_id)).count(True) == 1
    sessions.seen(SESSION.digest, at=NOW + 90)
    assert sessions.find(SESSION.digest) is None


def test_sessions_end_by_person_and_by_age(stores: AccessStores) -> None:
    sessions = stores.sessions
    for number, person in enumerate(("anna", "bob", "anna", "cid", "dan")):
        at = NOW + number
        sessions.begin(Session(f"s{number}", str(number), person, frozenset({Factor.TOTP}), at, at + 9, ""))
    assert (sessions.end_of("anna"), sessions.end_of("anna")) == (2, 0)
    assert [one.session_id for one in sessions.list()] == ["s4", "s3", "s1"]
    sessions.forget(begun_before=NOW + 2, seen_before=NOW + 13)
    assert [one.session_id for one in sessions.list()] == ["s4"]


def test_a_token_is_found_by_its_hash_and_a_revoked_one_stays_and_frees_its_name(stores: AccessStores) -> None:
    tokens = stores.tokens
    tokens.make(TOKEN)
    tokens.used("70c", at=NOW + 60)
    assert tokens.find(TOKEN.digest) == replace(TOKEN, used_at=NOW + 60)
    another = replace(TOKEN, token_id="70d", digest="d", made_at=NOW + 1)
    with pytest.raises(OperatorError, match="revoke it first"):
        tokens.make(another)
    assert (tokens.revoke("70c"), tokens.revoke("70c"), tokens.revoke("70f")) == (True, False, False)
    tokens.make(another)
    assert [(one.token_id, one.revoked) for one in tokens.list()] == [("70c", True), ("70d", False)]
    assert tokens.find("token") is None


# --- once, and failures -----------------------------------------------------------------------------------------------


def test_what_is_taken_once_is_taken_in_time_and_by_one_of_many(stores: AccessStores) -> None:
    stores.once.keep("a", until=NOW + 60)
    stores.once.keep("b", until=NOW + 60)
    assert at_once(lambda number: stores.once.take("a", now=NOW)).count(True) == 1
    assert not stores.once.take("b", now=NOW + 60)
    assert not stores.once.take("c", now=NOW)


def test_failures_are_counted_one_after_the_other_and_a_refusal_counts_nothing(stores: AccessStores) -> None:
    def count(number: int) -> None:
        order = dict(reversed(KEYS.items())) if number % 2 else KEYS
        more = stores.tries.change
        more(order, lambda read: {kind: one.failed(now=NOW) for kind, one in read.items()}, now=NOW)

    def refuse(read: dict[Counted, Tries]) -> dict[Counted, Tries]:
        raise TooSoonError(read[Counted.PAIR].failures)

    at_once(count)
    with pytest.raises(TooSoonError) as refused:
        stores.tries.change(KEYS, refuse, now=NOW)
    assert refused.value.seconds == 8


def test_failures_are_forgotten_in_the_end_but_not_an_address_that_is_known(stores: AccessStores) -> None:
    seen: list[dict[Counted, Tries]] = []

    def look(read: dict[Counted, Tries]) -> dict[Counted, Tries]:
        seen.append(read)
        return {**read, Counted.PAIR: Tries(1, NOW, known_at=NOW), Counted.ADDRESS: Tries(2, NOW)}

    stores.tries.change(KEYS, look, now=NOW)
    others = {kind: b"o" * 31 + key[:1] for kind, key in KEYS.items()}
    stores.tries.change(others, lambda read: read, now=NOW + FORGET_SECONDS + 1)
    stores.tries.change(KEYS, look, now=NOW + FORGET_SECONDS + 2)
    assert seen[1][Counted.PAIR].known(now=NOW + KNOWN_SECONDS - 1)


# --- what a database shows --------------------------------------------------------------------------------------------


def test_no_secret_stands_in_the_database_in_clear(engine: Engine) -> None:
    stores = database(engine, MemoryKeyStore())
    stores.users.add(ANNA.invited("linksecret", now=NOW))
    user = stores.users.find(ANNA.name)
    assert user is not None
    kept = Credentials(
        "passwordhash", Totp(b"totpseed"), b"offeredseed", (Passkey(b"credential", b"publickey", 0, NOW),)
    )
    assert stores.users.change(user, kept)
    stores.sessions.begin(replace(SESSION, digest=digest("sessionsecret")))
    stores.tokens.make(replace(TOKEN, digest=digest("tokensecret")))
    told = b""
    with engine.connect() as connection:
        for table in ("users", "sessions", "tokens", "once", "tries"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                told += b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert b"user:anna" in told
    for secret in (
        b"linksecret",
        b"passwordhash",
        b"totpseed",
        b"offeredseed",
        b"publickey",
        b"sessionsecret",
        b"tokensecret",
    ):
        assert secret not in told
        assert secret.hex().encode() not in told


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET first = NOT first",
        "UPDATE users SET disabled = NOT disabled",
        "UPDATE users SET invitation = 'mine', invited_until = 9e9",
        "UPDATE sessions SET person = 'user:officer'",
        "UPDATE sessions SET digest = 'mine'",
        "UPDATE tokens SET scopes = 'recordings.export'",
        "UPDATE tokens SET until = 9e9",
    ],
)
def test_who_writes_to_the_database_alone_makes_nobody_of_themselves(engine: Engine, change: str) -> None:
    stores = database(engine, MemoryKeyStore())
    stores.users.add(ANNA)
    stores.sessions.begin(SESSION)
    stores.tokens.make(TOKEN)
    with engine.begin() as connection:
        connection.execute(text(change))
    reads: dict[str, Callable[[], object]] = {
        "users": stores.users.list, "sessions": stores.sessions.list, "tokens": stores.tokens.list,
    }  # fmt: skip
    with pytest.raises(SealError, match="altered"):
        reads[change.split()[1]]()


def test_users_keys_are_wrapped_anew(engine: Engine) -> None:
    keys = MemoryKeyStore()
    users = SqlUserStore(engine, keys)
    users.add(ANNA)
    assert users.rewrap(lambda wrapped, kek_id: (wrapped, "kek-2"), "kek-2") == 1
    assert [kek_id for _, _, kek_id in users.wrapped_keys()] == ["kek-2"]
    assert users.find("user:anna") == ANNA


def at_once(do: Callable[[int], object]) -> list[object]:
    """What eight threads got who did the same at one moment."""
    got: list[object] = []
    start = threading.Barrier(8)

    def run(number: int) -> None:
        start.wait()
        got.append(do(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    return got
