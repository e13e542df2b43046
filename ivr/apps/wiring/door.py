"""The console's door, made from the settings."""

from __future__ import annotations

import os
import time

from ivr.adapters import login
from ivr.apps.settings import Settings
from ivr.apps.wiring import vault
from ivr.engine.access.door import Door
from ivr.engine.access.first import first_administrator
from ivr.engine.access.passwords import Passwords
from ivr.engine.access.visits import VisitRules, Visits
from ivr.engine.access.waiting import Waiting
from ivr.engine.office.role_book import RoleBook
from ivr.ports.audit import AuditLog
from ivr.ports.keys import KeyStore


def door(settings: Settings, keys: KeyStore, log: AuditLog, roles: RoleBook) -> Door:
    """All ways in that the settings name. One a process is enough: it is used from several threads."""
    stores = vault.access_stores(settings, keys)
    visits = Visits(stores, log, roles.read, VisitRules(), wall=time.time, random=os.urandom)
    return Door(visits, Passwords(visits, Waiting(stores.tries, keys, wall=time.time)))


def first_invitation(settings: Settings, keys: KeyStore, log: AuditLog, roles: RoleBook) -> str | None:
    """Secret of the first administrator's link, for whoever starts the engine; None once there are people who act."""
    visits = door(settings, keys, log, roles).visits
    return first_administrator(visits, actor=login.actor_name())
