"""By which certificates carriers' signatures of who calls are judged, made from the settings."""

from __future__ import annotations

import time

from ivr.adapters.stir_certificates import StirCertificates
from ivr.apps.settings import Settings
from ivr.core.sip.passport import Judge, Passport
from ivr.errors import OperatorError, SettingsError
from ivr.ports.number_certificates import NumberCertificates


def judge(settings: Settings) -> Judge | None:
    """None: the settings name none. Raises SettingsError: a file is not there or not sound."""
    stir = settings.sip.stir
    if stir is None:
        return None
    try:
        held: NumberCertificates = StirCertificates(stir.authorities, stir.certificates)
    except OperatorError as error:
        raise SettingsError(f"sip.stir: {error}") from error

    def verifies(passport: Passport) -> bool | None:
        return held.verifies(passport.x5u, passport.signed, passport.signature, at=time.time())

    return verifies
