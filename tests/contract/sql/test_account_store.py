"""What every store of accounts' secrets must do; and what a database must not show of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.account_store import SqlAccountStore
from ivr.adapters.sql.database import upgrade
from ivr.adapters.sql.model import AccountRow
from ivr.core.identity.account import AccountSecrets, pin_hash
from ivr.errors import SealError
from ivr.ports.accounts import AccountStore
from ivr.testing.fake_accounts import MemoryAccountStore
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.sql.conftest import postgres, sqlite

KEPT = AccountSecrets(pin_hash("482913", salt=bytes(16)), 10.0, "00" * 20, 7)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AccountStore]:
    if request.param == "memory":
        yield MemoryAccountStore()
        return
    with sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as made:
        upgrade(made)
        yield SqlAccountStore(made, MemoryKeyStore())


def test_what_is_kept_of_an_account_is_changed_by_who_read_it_last(store: AccountStore) -> None:
    assert store.find("10000001") is None
    assert store.put("10000001", KEPT, instead_of=None)
    assert not store.put("10000001", KEPT, instead_of=None), "there is one"
    later = replace(KEPT, step=8)
    assert store.put("10000001", later, instead_of=KEPT)
    assert not store.put("10000001", replace(KEPT, step=9), instead_of=KEPT), "it was changed since"
    assert not store.put("10000002", KEPT, instead_of=KEPT), "there is none"
    assert store.find("10000001") == later
    assert store.remove("10000001")
    assert not store.remove("10000001")
    assert store.find("10000001") is None
    assert store.mark("10000001") == store.mark("10000001") != store.mark("10000002")


def test_a_row_says_neither_whose_it_is_nor_what_and_stands_in_for_no_other(engine: Engine) -> None:
    store = SqlAccountStore(engine, MemoryKeyStore())
    for account in ("10000001", "10000002"):
        store.put(account, KEPT, instead_of=None)
    with engine.connect() as connection:
        stored = repr(connection.exec_driver_sql("SELECT * FROM accounts").all())
    assert "10000001" not in stored + store.mark("10000001")
    assert "argon2" not in stored
    with Session(engine, expire_on_commit=False) as session:
        first, other = session.scalars(select(AccountRow)).all()
        swapped = {"sealed": first.sealed, "wrapped": first.wrapped, "kek_id": first.kek_id}
        session.execute(update(AccountRow).where(AccountRow.account == other.account).values(**swapped))
        session.commit()
    assert len(list(store.wrapped_keys())) == 2
    whole, swapped_in = ("10000001", "10000002") if _first(store, first) else ("10000002", "10000001")
    assert store.find(whole) == KEPT
    with pytest.raises(SealError, match="was altered"):
        store.find(swapped_in)


def _first(store: SqlAccountStore, row: AccountRow) -> bool:
    """Whether a row is of the first account."""
    return row.account.startswith(store.mark("10000001"))
