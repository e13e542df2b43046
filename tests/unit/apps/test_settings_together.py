"""Settings that go with nothing else, and two that want one port: refused at the line where it is mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.settings_listeners import listener_faults
from ivr.apps.wiring import ports
from ivr.errors import EnvironmentFault, SettingsError

WORKS_FOR = "works_for: {engine: '10.0.0.1:1', edge: '10.0.0.1:2', address: 10.0.0.2}\n"
HOSTS = "hosts:\n  listen: 10.0.0.1:10301\n  cells:\n    hk2: {address: 10.0.0.2}\n"


def told(tmp_path: Path, text: str) -> list[str]:
    """Every fault, without the file's name before the line."""
    file = tmp_path / "ivr.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings(file, {})
    return [one.removeprefix(str(file)) for one in str(error.value).splitlines()]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("\nmedia:\n  srtp: required\n", ":3: media.srtp: required needs sip.tls"),
        ("edge: false\nmedia:\n  relay: always\n", ":3: media.relay: always: it is the edge"),
        ("cells: {count: 2}\nmedia:\n  rtp_ports: 20000-20010\n", ":3: media.rtp_ports: 2 cells need 64 ports"),
        ("media: {relay: auto}\ncells:\n  count: 500\n", ":3: cells.count: media.rtp_ports: 500 cells need 16000"),
        ("edge: false\nsip:\n  websocket: {}\n", ":3: sip.websocket: it is the edge that browsers reach"),
        (
            "sip:\n  listen: 127.0.0.1:0\n  websocket: {listen: '0.0.0.0:5062', url: 'wss://line.example'}\n",
            ":3: sip.websocket: other machines reach it by TLS",
        ),
        (f"{HOSTS}sip: {{listen: '127.0.0.1:5060'}}\n", ":3: hosts.cells: callers of this machine alone"),
        (f"{HOSTS}sip: {{listen: '10.0.0.1:0'}}\n", ":3: hosts.cells: their settings name the port"),
        (f"{HOSTS}edge: false\n", ":3: hosts.cells: it is the edge"),
        ("sip: {country: ''}\nstandby: {machine: a}\nrun_dir: /run/ivr\n", ":2: standby: both machines need one"),
        (f"{WORKS_FOR}standby: {{machine: a}}\n", ":2: standby: a host that works for another engine"),
        ("\ndialplans: []\n", ":2: dialplans: name at least one"),
        ("dialplans:\n  - {file: a}\n  - {file: b}\n", ":3: dialplans.1: default is served by both a and b"),
        (
            "dialplans:\n  - {file: a, called: ['1']}\n  - file: b\n    called: ['1']\n",
            ":4: dialplans.1.called: 1 is served by both a and b",
        ),
        ("\nsources:\n  recordings: {url: demo}\n", ":3: sources.recordings: "),
    ],
)
def test_what_goes_with_nothing_else_is_told_at_its_line(tmp_path: Path, text: str, begins: str) -> None:
    if "sources." in begins:
        from ivr.core.dialplan.own_sources import OWN

        own = next(iter(OWN))
        text, begins = text.replace("recordings", own), begins.replace("recordings", own)
    assert [one for one in told(tmp_path, text) if one.startswith(begins)]


def test_all_of_them_are_told_at_once(tmp_path: Path) -> None:
    text = "edge: false\nmedia:\n  relay: always\n  srtp: required\nsip:\n  websocket: {}\n"
    assert [one.split(": ")[1] for one in told(tmp_path, text)] == ["media.srtp", "media.relay", "sip.websocket"]


TLS = "sip:\n  listen: {}\n  tls:\n    certificate: a\n    key: b\n    listen: {}\n"


@pytest.mark.parametrize(
    ("text", "begins", "other"),
    [
        (TLS.format("0.0.0.0:5060", "0.0.0.0:5060"), ":6: sip.tls.listen: it takes TCP port 5060", "sip.listen"),
        (TLS.format("10.0.0.1:5060", "0.0.0.0:5060"), ":6: sip.tls.listen: it takes TCP port 5060", "sip.listen"),
        (
            "sip:\n  listen: 10.0.0.1:5060\n  websocket:\n    listen: 127.0.0.1:5060\n",
            ":4: sip.websocket.listen: it takes TCP port 5060 on 127.0.0.1",
            "sip.listen",
        ),
        ("console:\n  listen: 127.0.0.1:9464\n", ":2: console.listen: it takes TCP port 9464", "metrics.listen"),
        ("metrics:\n  listen: 0.0.0.0:8080\n", ":2: metrics.listen: it takes TCP port 8080", "console.listen"),
        (
            "media:\n  rtp_ports: 20000-21000\n  relay_ports: 20500-21500\n",
            ":3: media.relay_ports: it takes UDP ports 20500-21500",
            "media.rtp_ports",
        ),
        ("media:\n  rtp_ports: 20000-30000\n", ":2: media.rtp_ports: it takes UDP ports", "media.relay_ports"),
        ("media:\n  relay_control: 16400\n", ":2: media.relay_control: it takes UDP port 16400", "media.rtp_ports"),
        ("\nsip: {listen: '10.0.0.1:5072'}\n", ":2: sip.listen: it takes UDP port 5072", "cells.base_port"),
        (f"{HOSTS}metrics:\n  listen: 10.0.0.1:10302\n", ":6: metrics.listen: it takes TCP port 10302", "hosts.edge"),
        (f"{WORKS_FOR}media:\n  rtp_ports: 24000-25000\n", ":3: media.rtp_ports: it takes", "media.relay_ports"),
    ],
)
def test_two_that_want_one_port_are_told_at_the_line_that_somebody_wrote(
    tmp_path: Path, text: str, begins: str, other: str
) -> None:
    if "hosts" in text:
        text += "sip: {listen: '10.0.0.1:5060'}\n"
    [one] = told(tmp_path, text)
    assert one.startswith(begins)
    assert f", and {other} takes " in one


@pytest.mark.parametrize(
    "text",
    [
        TLS.format("0.0.0.0:5060", "0.0.0.0:5061"),
        TLS.format("0.0.0.0:0", "0.0.0.0:0"),
        "sip:\n  listen: 10.0.0.1:5060\n  tcp: {listen: '10.0.0.2:5060'}\n",
        "sip: {listen: '10.0.0.1:5060'}\nmetrics: {listen: '10.0.0.2:5060'}\n",
        "console: {enabled: false, listen: '127.0.0.1:9464'}\n",
        "media: {relay: never, rtp_ports: 20000-30000}\n",
        "edge: false\nmedia: {rtp_ports: 20000-30000}\nsip: {listen: '0.0.0.0:9464'}\n",
    ],
)
def test_what_only_looks_like_one_port_passes(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ivr.yaml"
    file.write_text(text)
    load_settings(file, {})


def test_ports_that_are_picked_meet_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    picked = {"listen": "127.0.0.1:0"}
    settings = Settings.model_validate(
        {"sip": picked, "metrics": picked, "console": picked, "cells": {"count": 1, "base_port": 5070}}
    )
    numbers = iter([11000, 12000, 12000, 13000, 11000, 12000, 14000, 15000])
    monkeypatch.setattr(ports, "_free_run", lambda *_, **__: next(numbers))
    found = ports.resolve(settings)
    assert not list(listener_faults(found))
    monkeypatch.setattr(ports, "_free_run", lambda *_, **__: 12000)
    with pytest.raises(EnvironmentFault, match=r"^\w+\.\w+: it takes \w+ port 12000"):
        ports.resolve(settings)
