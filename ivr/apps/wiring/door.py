"""The console's door, made from the settings."""

from __future__ import annotations

import os
import time
from urllib.parse import urlsplit

from ivr.adapters import login
from ivr.adapters.files.keys.passphrase import read_client_secret
from ivr.apps.settings import Settings
from ivr.apps.settings_console import OidcSettings
from ivr.apps.wiring import vault
from ivr.apps.wiring.blamed import blamed
from ivr.core.access.session import SessionRules
from ivr.engine.access.codes import Codes
from ivr.engine.access.door import Door
from ivr.engine.access.first import first_administrator
from ivr.engine.access.passkeys import Passkeys
from ivr.engine.access.passwords import Passwords
from ivr.engine.access.provider import ProviderWay
from ivr.engine.access.visits import VisitRules, Visits
from ivr.engine.access.waiting import Waiting
from ivr.engine.office.role_book import RoleBook
from ivr.errors import SettingsError
from ivr.ports.audit import AuditLog
from ivr.ports.keys import KeyStore
from ivr.ports.passkeys import PasskeyParty
from ivr.ports.provider import Provider


def session_rules(settings: Settings) -> SessionRules:
    """How long somebody stays in."""
    sign_in = settings.console.sign_in
    return SessionRules(longest=sign_in.session_hours * 3600, idle=sign_in.idle_minutes * 60)


def door(settings: Settings, keys: KeyStore, log: AuditLog, roles: RoleBook) -> Door:
    """All ways in that the settings name. One a process is enough: it is used from several threads."""
    stores = vault.access_stores(settings, keys)
    sign_in = settings.console.sign_in
    rules = VisitRules(session_rules(settings), frozenset(sign_in.second_factor_for))
    visits = Visits(stores, log, roles.read, rules, wall=time.time, random=os.urandom)
    waiting = Waiting(stores.tries, keys, wall=time.time)
    return Door(
        visits,
        Passwords(visits, waiting, open_to_all=sign_in.password),
        Codes(visits, waiting),
        Passkeys(visits, waiting, _party(sign_in.passkeys_at)) if sign_in.passkeys_at else None,
        ProviderWay(visits, waiting, provider(sign_in.oidc)) if sign_in.oidc else None,
    )


def _party(origin: str) -> PasskeyParty:
    from ivr.adapters.webauthn_party import WebauthnParty

    return WebauthnParty(host=urlsplit(origin).hostname or "", origin=origin)


def provider(named: OidcSettings) -> Provider:
    """Who says who somebody is, with the files that the settings name for it. Raises OperatorError."""
    from ivr.adapters.oidc_provider import OidcProvider

    with blamed("console.sign_in.oidc.secret_file"):
        secret = read_client_secret(named.secret_file)
    try:
        keys = named.keys_file.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"console.sign_in.oidc.keys_file: {named.keys_file} cannot be read: {error.strerror}"
        ) from error
    return OidcProvider(
        issuer=named.issuer, authorize_url=named.authorize_url, token_url=named.token_url, client_id=named.client_id,
        client_secret=secret, keys=keys, claim=named.claim, algorithms=named.algorithms,
    )  # fmt: skip


def first_invitation(settings: Settings, keys: KeyStore, log: AuditLog, roles: RoleBook) -> str | None:
    """Secret of the first administrator's link, for whoever starts the engine; None once there are people who act."""
    visits = door(settings, keys, log, roles).visits
    return first_administrator(visits, roles.read(), actor=login.actor_name())
