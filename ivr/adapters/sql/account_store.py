"""What checks customers' PINs and codes, in a database: sealed row by row, and no row says whose it is."""

from __future__ import annotations

import json

from sqlalchemy import Engine, delete, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError

from ivr.adapters.sql.model import AccountRow
from ivr.adapters.sql.sealed_rows import SealedRows
from ivr.core.codec import Codec, plain
from ivr.core.identity.account import AccountSecrets
from ivr.ports.keys import KeyStore

ACCOUNT = "held-account"
"""Purpose of the fingerprints of accounts here: others than those of attempts, so that no two files tell of one."""
_SECRETS = Codec(AccountSecrets, exact=True)


class SqlAccountStore(SealedRows[AccountRow]):
    """The accounts table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine, keys, AccountRow, "account")

    def find(self, account: str) -> AccountSecrets | None:
        """Unsealed. Raises SealError when the row was altered, or is another account's."""
        with self._session() as session:
            row = session.get(AccountRow, self._name_of(account))
            return None if row is None else self._open(row)

    def put(self, account: str, secrets: AccountSecrets, *, instead_of: AccountSecrets | None) -> bool:
        """Keep it, unless somebody else changed it."""
        with self._session() as session:
            name = self._name_of(account)
            row = session.get(AccountRow, name)
            if row is None:
                return instead_of is None and self._add(name, secrets)
            if self._open(row) != instead_of:
                return False
            session.expunge(row)
            before = row.sealed
            self._seal(row, _written(secrets), self._keys.open(row.wrapped, row.kek_id))
            mine = (AccountRow.account == name, AccountRow.sealed == before)
            done = session.execute(update(AccountRow).where(*mine).values(sealed=row.sealed))
            session.commit()
            assert isinstance(done, CursorResult)
            return done.rowcount == 1

    def remove(self, account: str) -> bool:
        """The row, and with it its key."""
        with self._session() as session:
            done = session.execute(delete(AccountRow).where(AccountRow.account == self._name_of(account)))
            session.commit()
            assert isinstance(done, CursorResult)
            return done.rowcount == 1

    def mark(self, account: str) -> str:
        """As it may stand in the audit log."""
        return self._name_of(account)[:16]

    def _add(self, name: str, secrets: AccountSecrets) -> bool:
        issued = self._keys.issue()
        row = AccountRow(account=name, kek_id=issued.kek_id, wrapped=issued.wrapped)
        self._seal(row, _written(secrets), issued.key)
        with self._session() as session:
            session.add(row)
            try:
                session.commit()
            except IntegrityError:  # another was quicker
                return False
        return True

    def _open(self, row: AccountRow) -> AccountSecrets:
        try:
            return _SECRETS.read(json.loads(self._unseal(row)))
        except ValueError as error:
            raise self._altered(row, str(error)) from error

    def _name_of(self, account: str) -> str:
        return self._keys.fingerprint(ACCOUNT, account.encode()).hex()


def _written(secrets: AccountSecrets) -> bytes:
    return json.dumps(plain(secrets)).encode()
