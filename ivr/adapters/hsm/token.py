"""One PKCS#11 token (a hardware security module): keys that wrap keys and never leave it.

Rules: a key-encryption key is made in the token, sensitive and not extractable, and may only wrap and unwrap; one that
is otherwise is refused. A token that went away is asked once more with a new session, then it is an EnvironmentFault.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    NoSuchKey,
    NoSuchToken,
    PinIncorrect,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)

from ivr.errors import EnvironmentFault, OperatorError, SealError

KEY_BITS = 256
WRAPS = (Mechanism.AES_KEY_WRAP_KWP, Mechanism.AES_KEY_WRAP_PAD)
"""AES-KWP (RFC 5649): by its name since PKCS#11 3.0, and by an older one that SoftHSM and others give it."""
_KEK = {
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.PRIVATE: True,
    Attribute.WRAP: True,
    Attribute.UNWRAP: True,
    Attribute.ENCRYPT: False,  # a key that also decrypts would decrypt what it wrapped, and so hand keys out
    Attribute.DECRYPT: False,
    Attribute.SIGN: False,
    Attribute.VERIFY: False,
    Attribute.DERIVE: False,
}
_DEMANDED = {
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.ENCRYPT: False,
    Attribute.DECRYPT: False,
}
_SESSION_KEY = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True, Attribute.TOKEN: False}
"""A data key in the token: there for one wrapping, readable, for the recording is sealed outside."""

Result = TypeVar("Result")


class Token:
    """A token, logged in to. Usable from several threads."""

    def __init__(self, module: Path, label: str, pin: bytes) -> None:
        """Log in. Raises OperatorError: no such library, no such token, wrong PIN; else EnvironmentFault."""
        self._module, self.label = module, label
        self._pin = pin.decode()
        self._refused = ""
        self._lock = threading.Lock()
        self._session: Any = None
        self._keks: dict[str, Any] = {}
        with self._lock:
            self._log_in()

    def close(self) -> None:
        """Log out, if nobody else in this process uses the token."""
        with self._lock:
            self._drop()

    def make_kek(self, kek_id: str) -> None:
        """Make a key-encryption key in the token."""
        self._ask(
            lambda session: session.generate_key(
                KeyType.AES, KEY_BITS, label=kek_id, id=kek_id.encode(), store=True, template=_KEK
            )
        )

    def destroy_kek(self, kek_id: str) -> None:
        """Destroy one. Does nothing when it is not there."""

        def destroy(session: Any) -> None:
            for key in session.get_objects({Attribute.LABEL: kek_id, Attribute.CLASS: ObjectClass.SECRET_KEY}):
                key.destroy()

        self._ask(destroy)
        self._keks.pop(kek_id, None)

    def issue(self, kek_id: str) -> tuple[bytes, bytes]:
        """A fresh key of 32 bytes, made by the token, and the same wrapped."""

        def make(session: Any) -> tuple[bytes, bytes]:
            return self._wrapped(
                session.generate_key(KeyType.AES, KEY_BITS, store=False, template=_SESSION_KEY), kek_id
            )

        return self._ask(make)

    def wrap(self, kek_id: str, key: bytes) -> bytes:
        """A key of 32 bytes, wrapped."""

        def wrap(session: Any) -> bytes:
            kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE: key}
            return self._wrapped(session.create_object({**kind, **_SESSION_KEY}), kek_id)[1]

        return self._ask(wrap)

    def unwrap(self, kek_id: str, wrapped: bytes) -> bytes:
        """The key that was wrapped. Raises SealError when it is damaged or another key wrapped it."""

        def unwrap(session: Any) -> bytes:
            key = self._kek(kek_id).unwrap_key(
                ObjectClass.SECRET_KEY,
                KeyType.AES,
                wrapped,
                mechanism=self._mechanism,
                store=False,
                template=_SESSION_KEY,
            )
            try:
                return bytes(key[Attribute.VALUE])
            finally:
                key.destroy()

        return self._ask(unwrap)

    # --- with the lock ----------------------------------------------------------------------------------------------

    def _ask(self, work: Callable[[Any], Result]) -> Result:
        """Do something in the token; a session that was lost is opened again once."""
        with self._lock:
            with suppress(PKCS11Error):  # whatever it was, a new session tells whether the token is there
                if self._session is not None:
                    return work(self._session)
            self._log_in()
            try:
                return work(self._session)
            except PKCS11Error as error:
                if isinstance(error, pkcs11.exceptions.DeviceError):
                    raise self._fault(error) from error
                raise SealError(
                    f"the token {self.label} refuses ({_named(error)}): a wrapped key is damaged, or of another key"
                ) from error

    def _log_in(self) -> None:
        self._drop()
        if self._refused:  # a wrong PIN is not tried again and again: that would lock the token
            raise OperatorError(self._refused)
        try:
            library = pkcs11.lib(str(self._module))
            try:
                self._open(library)
            except (PinIncorrect, PinLenRange, PinLocked):
                raise
            except PKCS11Error:  # a library remembers the tokens that it saw first
                library.reinitialize()
                self._open(library)
        except NoSuchToken as error:
            raise EnvironmentFault(
                f"there is no token {self.label}: see keys.token, and whether the module is connected"
            ) from error
        except (PinIncorrect, PinLenRange, PinLocked) as error:
            locked = isinstance(error, PinLocked)
            wrong = "locked: its security officer can reset it" if locked else "wrong: see keys.pin_file"
            self._refused = f"the PIN of token {self.label} is {wrong}"
            raise OperatorError(self._refused) from error
        except PKCS11Error as error:
            raise self._fault(error) from error
        except (RuntimeError, OSError) as error:
            raise OperatorError(f"keys.module: {self._module} is not a PKCS#11 library that can be loaded") from error

    def _open(self, library: Any) -> None:
        token = library.get_token(token_label=self.label)
        offered = token.slot.get_mechanisms()
        self._mechanism = next((one for one in WRAPS if one in offered), None)
        if self._mechanism is None:
            raise OperatorError(f"the token {self.label} cannot wrap keys by AES-KWP (RFC 5649): choose another one")
        try:
            self._session = token.open(user_pin=self._pin, rw=True)
        except UserAlreadyLoggedIn:  # login is the process's, not the session's
            self._session = token.open(rw=True)

    def _drop(self) -> None:
        session, self._session = self._session, None
        self._keks.clear()
        if session is not None:
            with suppress(PKCS11Error):  # it may be gone already
                session.close()

    def _kek(self, kek_id: str) -> Any:
        if kek_id not in self._keks:
            try:
                key = self._session.get_key(label=kek_id, key_type=KeyType.AES, object_class=ObjectClass.SECRET_KEY)
            except NoSuchKey as error:
                raise SealError(
                    f"the token {self.label} has no key {kek_id}; restore it from the token's backup"
                ) from error
            if any(key[attribute] is not wanted for attribute, wanted in _DEMANDED.items()):
                raise SealError(f"the key {kek_id} in token {self.label} can be read out: it is not one that we made")
            self._keks[kek_id] = key
        return self._keks[kek_id]

    def _wrapped(self, key: Any, kek_id: str) -> tuple[bytes, bytes]:
        try:
            return bytes(key[Attribute.VALUE]), bytes(self._kek(kek_id).wrap_key(key, mechanism=self._mechanism))
        finally:
            key.destroy()

    def _fault(self, error: PKCS11Error) -> EnvironmentFault:
        return EnvironmentFault(
            f"the token {self.label} does not answer ({_named(error)}): see whether it is connected"
        )


def _named(error: PKCS11Error) -> str:
    return type(error).__name__
