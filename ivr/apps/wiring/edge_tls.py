"""What Kamailio reads, certificate and key included; and another certificate while it runs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path

from ivr.adapters.files.tls_pair import TlsPair, dates_fault, ends_at, read_pair
from ivr.adapters.kamailio.config import EdgeConfig
from ivr.adapters.kamailio.render import render, render_tls, server_lines
from ivr.adapters.kamailio.trunks import issuers, trunk_papers, write_trunks
from ivr.adapters.trunk_papers import read_revoked, revoked_fault
from ivr.apps.settings import Settings
from ivr.apps.wiring.edge import edge_config, edge_control
from ivr.apps.wiring.trunk_papers import check_apart, check_papers, papers_fault
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault, OperatorError, PeerError, SettingsError
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


def trunks_fault(settings: Settings, *, ahead: float) -> str:
    """What by its date keeps a trunk from being served, now or in so many seconds; empty: nothing does."""
    if not settings.edge:
        return ""
    if fault := papers_fault(settings, ahead=ahead):
        return fault
    try:
        fault = revoked_fault(read_revoked(edge_config(settings).revoked_file), now=time.time())
    except OperatorError:  # no trunk has a list, or the edge is not there yet
        return ""
    return fault and f"a newer list is there than the edge has read; {fault}"


class EdgeTls:
    """`LineTls`: what the edge reads is replaced file by file, and all of it is put back if the edge refuses it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def reload(self) -> LineCertificate:
        """Show callers the certificate that the settings name, and judge trunks by the files that they name now.

        Raises OperatorError, PeerError. Dates of trunks' files keep nobody from renewing the rest: `ivr settings check`
        and an alarm tell of them.
        """
        pair, config = line_pair(self._settings, today=True), edge_config(self._settings)
        for name, trunk in self._settings.trunks.items():
            if trunk.tls is not None:
                check_papers(name, trunk.tls)
        check_apart(self._settings)
        control = edge_control(self._settings)
        if not control.alive():
            raise OperatorError("no edge runs here: the certificate is read when the engine starts")
        if not _judges_alike(config):
            raise OperatorError("the running engine judges trunks by other rules than the settings: start it anew")
        shown = {config.tls_pair: pair.pem, **trunk_papers(config)}
        before = {file: file.read_bytes() for file in shown}
        mark = _mark(shown)
        if before == shown and control.shown() == mark:
            # A timer may ask every minute. Each reading costs Kamailio memory, of which it never gives some back.
            return LineCertificate(pair.names, pair.not_after, pair.fingerprint)
        try:
            _write(shown)
            control.put_issuers(issuers(config))
            control.reload_tls(mark)
        except (PeerError, EnvironmentFault):
            _write(before)
            raise
        return LineCertificate(pair.names, pair.not_after, pair.fingerprint)


def _judges_alike(config: EdgeConfig) -> bool:
    """Whether a running edge asks callers for certificates as the settings do. Raises OperatorError: it has no TLS."""
    try:
        running = config.tls_file.read_text(encoding="utf-8")
        config.tls_pair.stat()
    except FileNotFoundError as error:
        raise OperatorError("the running engine takes no TLS yet: start it anew") from error
    return server_lines(config) in running


def _mark(files: Mapping[Path, bytes]) -> str:
    """By which the running edge knows what it has read; one that was started since knows none."""
    told = hashlib.sha256()
    for file in sorted(files):
        told.update(hashlib.sha256(str(file).encode()).digest() + hashlib.sha256(files[file]).digest())
    return told.hexdigest()


def _write(files: Mapping[Path, bytes]) -> None:
    for file, text in files.items():
        write_durably(file, text)
