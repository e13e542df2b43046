"""What Kamailio reads, certificate and key included; and another certificate while it runs."""

from __future__ import annotations

import time

from ivr.adapters.files.tls_pair import TlsPair, dates_fault, ends_at, read_pair
from ivr.adapters.kamailio.config import EdgeConfig
from ivr.adapters.kamailio.render import render, render_tls
from ivr.adapters.kamailio.trunks import write_trunks
from ivr.apps.settings import Settings
from ivr.apps.wiring.edge import edge_config, edge_control
from ivr.durable import write_durably
from ivr.errors import OperatorError, PeerError, SettingsError
from ivr.ports.premises import LineCertificate


def write_config(settings: Settings) -> EdgeConfig:
    """Let Kamailio's files be what the settings say. Raises OperatorError: certificate or key is not sound."""
    config = edge_config(settings)
    if config.encrypts:
        # A line that starts again after its certificate has expired serves UDP and TCP: the hub raises the alarm.
        write_durably(config.tls_pair, line_pair(settings).pem)
        write_durably(config.tls_file, render_tls(config).encode())
    write_trunks(config)
    write_durably(config.config_file, render(config).encode())
    return config


def line_pair(settings: Settings, *, today: bool = False) -> TlsPair:
    """What the settings name for TLS, as it is on disk. Raises OperatorError: it is not sound, or nothing is named.

    `today`: it must be valid now, too.
    """
    tls = settings.sip.tls
    if tls is None:
        raise OperatorError(
            "the settings take no TLS: name sip.tls.certificate and sip.tls.key, and start the engine anew"
        )
    try:
        pair = read_pair(tls.certificate, tls.key)
    except OperatorError as error:
        raise SettingsError(f"sip.tls: {error}") from error
    if today and (fault := dates_fault(pair, now=time.time())):
        raise SettingsError(f"sip.tls: {tls.certificate}: {fault}")
    return pair


def shown_until(settings: Settings) -> float | None:
    """When the certificate that phones are shown expires, in seconds since 1970; None: none is shown."""
    if settings.sip.tls is None or not settings.edge:
        return None
    try:
        return ends_at(edge_config(settings).tls_pair.read_bytes())
    except (OSError, ValueError):  # the edge is not there yet
        return None


class EdgeTls:
    """`LineTls`: the pair that the edge reads is replaced as a whole, and put back if the edge refuses it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def reload(self) -> LineCertificate:
        """Show callers the certificate that the settings name. Raises OperatorError, PeerError."""
        pair, config = line_pair(self._settings, today=True), edge_config(self._settings)
        control = edge_control(self._settings)
        if not control.alive():
            raise OperatorError("no edge runs here: the certificate is read when the engine starts")
        try:
            before = config.tls_pair.read_bytes()
        except FileNotFoundError as error:
            raise OperatorError("the running engine takes no TLS yet: start it anew") from error
        write_durably(config.tls_pair, pair.pem)
        try:
            control.reload_tls()
        except PeerError:
            write_durably(config.tls_pair, before)
            raise
        return LineCertificate(pair.names, pair.not_after, pair.fingerprint)
